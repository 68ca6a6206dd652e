import { Get, Query } from '@nestjs/common';
import { ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';

import { EventHistory } from '../../audit/event-history.service';
import { ContractController } from '../../http/contract-controller.decorator';
import { ApiProblem } from '../../http/errors/api-problem.decorator';
import { AuthThrottlerGuard } from '../../rate-limit/http/auth-throttler.guard';
import { ApiSession } from '../../session/http/api-session.decorator';
import { CurrentUser } from '../../session/http/current.decorators';
import { SessionGuard } from '../../session/http/session.guard';
import type { PrincipalUser } from '../../session/principal';
import { EventListDto, EventQueryDto } from './events.dto';

@ApiTags('account')
@ApiSession()
@ContractController('auth/events', AuthThrottlerGuard, SessionGuard)
export class EventsController {
  constructor(private readonly history: EventHistory) {}

  @Get()
  @ApiOperation({ summary: "The user's own security events" })
  @ApiOkResponse({ type: EventListDto })
  @ApiProblem('rate_limited')
  async list(
    @CurrentUser() user: PrincipalUser,
    @Query() query: EventQueryDto,
  ): Promise<EventListDto> {
    const { limit, cursor } = query;
    return new EventListDto(await this.history.ofUser(user, { limit, cursor }));
  }
}
