import { Controller, Get } from '@nestjs/common';
import { ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import { ApiProblem } from '../../http/api-problem.decorator';
import { Public } from '../../session/http/public.decorator';
import { LivenessDto, ReadinessDto } from './health.dto';
import { ReadinessService } from './readiness.service';

@ApiTags('health')
@Controller('health')
@Public()
export class HealthController {
  constructor(private readonly readiness: ReadinessService) {}

  @Get('live')
  @ApiOperation({ summary: 'Whether the process runs; restart it when this fails' })
  @ApiOkResponse({ type: LivenessDto })
  live(): LivenessDto {
    return { status: 'ok' };
  }

  @Get('ready')
  @ApiOperation({ summary: 'Whether requests should be sent here now' })
  @ApiOkResponse({ type: ReadinessDto })
  @ApiProblem('unavailable')
  async ready(): Promise<ReadinessDto> {
    await this.readiness.check();
    return { status: 'ok', checks: { database: 'ok', migrations: 'ok' } };
  }
}
