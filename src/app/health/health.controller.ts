import { Controller, Get } from '@nestjs/common';
import { ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';

import { ApiProblem } from '../../http/errors/api-problem.decorator';
import { Public } from '../../session/http/public.decorator';
import { SessionRevocationFeed } from '../../session/memory/session-revocation-feed.service';
import { LivenessDto, ReadinessDto } from './health.dto';
import { ReadinessService } from './readiness.service';

@ApiTags('health')
@Controller('health')
@Public()
export class HealthController {
  constructor(
    private readonly readiness: ReadinessService,
    private readonly feed: SessionRevocationFeed,
  ) {}

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
    const session_lease = this.feed.state;
    return { status: 'ok', checks: { database: 'ok', migrations: 'ok', session_lease } };
  }
}
