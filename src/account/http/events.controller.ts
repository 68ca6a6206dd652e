import { Get, Query } from '@nestjs/common';
import {
  ApiBearerAuth,
  ApiCookieAuth,
  ApiOkResponse,
  ApiOperation,
  ApiTags,
} from '@nestjs/swagger';

import { EventHistory } from '../../audit/event-history.service';
import { ApiProblem } from '../../http/api-problem.decorator';
import { ContractController } from '../../http/contract-controller.decorator';
import { AuthThrottlerGuard } from '../../rate-limit/http/auth-throttler.guard';
import { CurrentUser } from '../../session/http/current.decorators';
import { SESSION_PROBLEMS } from '../../session/http/session-problems';
import { SessionGuard } from '../../session/http/session.guard';
import type { PrincipalUser } from '../../session/principal';
import { EventListDto, EventQueryDto } from './events.dto';

@ApiTags('account')
@ApiBearerAuth()
@ApiCookieAuth()
@ApiProblem(...SESSION_PROBLEMS)
@ContractController('auth/events', AuthThrottlerGuard, SessionGuard)
export class EventsController {
  constructor(private readonly history: EventHistory) {}

  @Get()
  @ApiOperation({ summary: "The user's own security events" })
  @ApiOkResponse({ type: EventListDto })
  async list(
    @CurrentUser() user: PrincipalUser,
    @Query() query: EventQueryDto,
  ): Promise<EventListDto> {
    const { limit, cursor } = query;
    return new EventListDto(await this.history.ofUser(user, { limit, cursor }));
  }
}
