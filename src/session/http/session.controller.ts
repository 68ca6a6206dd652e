import { Delete, Get, HttpCode, HttpStatus, Param, Req, Res } from '@nestjs/common';
import {
  ApiNoContentResponse,
  ApiOkResponse,
  ApiOperation,
  ApiParam,
  ApiTags,
} from '@nestjs/swagger';

import { AuthError } from '../../common/errors';
import type { ContextRequest } from '../../context/client-context.reader';
import { RequestReader } from '../../context/http/request-reader.service';
import { ContractController } from '../../http/contract-controller.decorator';
import { ApiProblem } from '../../http/errors/api-problem.decorator';
import type { HeaderSink } from '../../http/header-sink';
import { AuthThrottlerGuard, Unthrottled } from '../../rate-limit/http/auth-throttler.guard';
import type { Principal } from '../principal';
import { SessionService } from '../session.service';
import { ApiExpectedSession, ApiSession } from './api-session.decorator';
import { authenticationOf } from './authentication';
import { CurrentPrincipal } from './current.decorators';
import { CurrentSessionDto, RevokedSessionsDto, SessionListDto } from './session.dto';
import { SessionGuard } from './session.guard';
import { SessionCookie } from './session-cookie.service';

const UUID = /^[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}$/i;

@ApiTags('sessions')
@ApiSession()
@ContractController('auth', AuthThrottlerGuard, SessionGuard)
export class SessionController {
  constructor(
    private readonly sessions: SessionService,
    private readonly cookie: SessionCookie,
    private readonly requests: RequestReader,
  ) {}

  @Get('session')
  @ApiOperation({ summary: 'Who is signed in, and with which session' })
  @ApiOkResponse({ type: CurrentSessionDto })
  @ApiProblem('rate_limited')
  current(@CurrentPrincipal() principal: Principal): CurrentSessionDto {
    return new CurrentSessionDto(principal);
  }

  @Get('sessions')
  @ApiOperation({ summary: 'Where the user is signed in' })
  @ApiOkResponse({ type: SessionListDto })
  @ApiProblem('rate_limited')
  async list(@CurrentPrincipal() principal: Principal): Promise<SessionListDto> {
    return new SessionListDto(await this.sessions.list(principal), principal.session.id);
  }

  @Delete('sessions/:id')
  @Unthrottled()
  @HttpCode(HttpStatus.NO_CONTENT)
  @ApiOperation({ summary: 'End one session' })
  @ApiParam({ name: 'id', format: 'uuid' })
  @ApiNoContentResponse()
  @ApiExpectedSession()
  @ApiProblem('not_found', 'origin_forbidden')
  async revoke(
    @CurrentPrincipal() principal: Principal,
    @Param('id') id: string,
    @Req() request: ContextRequest,
    @Res({ passthrough: true }) response: HeaderSink,
  ): Promise<void> {
    if (!UUID.test(id)) throw new AuthError('not_found', 'There is no such session.');
    await this.sessions.revoke(principal, id, this.requests.readInfo(request));
    if (id.toLowerCase() === principal.session.id) this.clearCookie(request, response);
  }

  @Delete('sessions')
  @Unthrottled()
  @ApiOperation({ summary: 'End all sessions but the current one' })
  @ApiOkResponse({ type: RevokedSessionsDto })
  @ApiExpectedSession()
  @ApiProblem('origin_forbidden')
  async revokeOthers(
    @CurrentPrincipal() principal: Principal,
    @Req() request: ContextRequest,
  ): Promise<RevokedSessionsDto> {
    const info = this.requests.readInfo(request);
    return new RevokedSessionsDto(await this.sessions.revokeOthers(principal, info));
  }

  private clearCookie(request: object, response: HeaderSink): void {
    if (authenticationOf(request)?.transport === 'cookie') this.cookie.clear(response);
  }
}
