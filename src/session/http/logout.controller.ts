import { HttpCode, HttpStatus, Post, Req, Res } from '@nestjs/common';
import {
  ApiBearerAuth,
  ApiCookieAuth,
  ApiNoContentResponse,
  ApiOperation,
  ApiTags,
} from '@nestjs/swagger';

import { AuthError, SessionError } from '../../common/errors';
import type { ContextRequest } from '../../context/client-context.reader';
import { RequestReader } from '../../context/http/request-reader.service';
import { ContractController } from '../../http/contract-controller.decorator';
import { ApiProblem } from '../../http/errors/api-problem.decorator';
import type { HeaderSink } from '../../http/header-sink';
import { SessionService } from '../session.service';
import { ApiExpectedSession } from './api-session.decorator';
import { readExpectedSession } from './credentials';
import { PresentedSessionReader } from './presented-session.reader';
import { Public } from './public.decorator';
import { SessionCookie } from './session-cookie.service';

/**
 * Logging out only takes rights away. So it asks for no valid session, whose guard would refuse an
 * owner who has changed networks, and it counts towards no limit.
 */
@ApiTags('sessions')
@ApiBearerAuth()
@ApiCookieAuth()
@Public()
@ContractController('auth')
export class LogoutController {
  constructor(
    private readonly sessions: SessionService,
    private readonly cookie: SessionCookie,
    private readonly presented: PresentedSessionReader,
    private readonly requests: RequestReader,
  ) {}

  @Post('logout')
  @HttpCode(HttpStatus.NO_CONTENT)
  @ApiOperation({ summary: 'End the presented session, whatever its state' })
  @ApiNoContentResponse()
  @ApiExpectedSession()
  @ApiProblem(
    'invalid_request',
    'session_missing',
    'session_invalid',
    'origin_forbidden',
    'too_large',
    'unsupported_media_type',
    'unavailable',
  )
  async logOut(
    @Req() request: ContextRequest,
    @Res({ passthrough: true }) response: HeaderSink,
  ): Promise<void> {
    const { bearer, cookie } = this.presented.tokens(request.headers);
    const tokens = [bearer, cookie].filter((token) => token !== undefined);
    try {
      if (tokens.length === 0) {
        throw new SessionError('session_missing', 'There is no session to end.');
      }

      await this.sessions.logOutTokens(
        tokens,
        readExpectedSession(request.headers),
        this.requests.readInfo(request),
      );
    } catch (error) {
      // The cookie belongs to somebody whom the page does not show: it stays.
      if (error instanceof AuthError && error.code === 'session_changed') throw error;
      this.clear(cookie, response);
      throw error;
    }
    this.clear(cookie, response);
  }

  private clear(cookie: string | undefined, response: HeaderSink): void {
    if (cookie !== undefined) this.cookie.clear(response);
  }
}
