import type { IncomingHttpHeaders } from 'node:http';

import { Inject, Injectable } from '@nestjs/common';

import { RESOLVED_OPTIONS, type ResolvedAuthOptions } from '../../config/resolved-options';
import { tokenHash } from '../../crypto/token-hash';
import type { PresentedSessions } from '../issue/session-issuer.service';
import { SessionService } from '../session.service';
import { sessionCookieProfile } from './cookies';
import { readBothTokens, readExpectedSession } from './credentials';

/** Reads the sessions that a request to a public route carries, whose guard has not checked them. */
@Injectable()
export class PresentedSessionReader {
  private readonly cookieName: string;

  constructor(
    private readonly sessions: SessionService,
    @Inject(RESOLVED_OPTIONS) options: Pick<ResolvedAuthOptions, 'publicUrl'>,
  ) {
    this.cookieName = sessionCookieProfile(options.publicUrl).name;
  }

  /** The tokens of a request as presented, genuine or not. */
  tokens(headers: IncomingHttpHeaders): ReturnType<typeof readBothTokens> {
    return readBothTokens(headers, this.cookieName);
  }

  /** The same as hashes. */
  hashes(headers: IncomingHttpHeaders): PresentedSessions {
    const { cookie, bearer } = this.tokens(headers);
    return {
      cookieHash: cookie === undefined ? null : tokenHash(cookie),
      bearerHash: bearer === undefined ? null : tokenHash(bearer),
    };
  }

  /**
   * Refuses a request of a page that shows another session than the live one that it carries.
   *
   * @throws AuthError `session_changed`; UnavailableError (`unavailable`).
   */
  async refuseOther(headers: IncomingHttpHeaders): Promise<void> {
    const expectedId = readExpectedSession(headers);
    const { cookie } = this.tokens(headers);
    if (expectedId === undefined || cookie === undefined) return;
    await this.sessions.refuseOther(cookie, expectedId);
  }
}
