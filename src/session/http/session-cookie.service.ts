import { Inject, Injectable } from '@nestjs/common';

import { type CookieProfile, setCookie } from '../../common/cookies';
import { RESOLVED_OPTIONS, type ResolvedAuthOptions } from '../../config/resolved-options';
import type { HeaderSink } from '../../http/header-sink';
import { sessionCookieProfile } from './cookies';

/** Sets and clears the session cookie. */
@Injectable()
export class SessionCookie {
  private readonly profile: CookieProfile;

  constructor(@Inject(RESOLVED_OPTIONS) options: Pick<ResolvedAuthOptions, 'publicUrl'>) {
    this.profile = sessionCookieProfile(options.publicUrl);
  }

  /** The `Set-Cookie` value that gives a browser its session, for the session's lifetime. */
  withToken(token: string, lifetimeSeconds: number): string {
    return setCookie(this.profile, token, lifetimeSeconds);
  }

  /** Removes the cookie, and the user's pages from the browser's cache. */
  clear(response: HeaderSink): void {
    response.header('Set-Cookie', setCookie(this.profile, '', 0));
    response.header('Clear-Site-Data', '"cache"');
  }
}
