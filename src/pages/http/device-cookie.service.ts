import { randomBytes } from 'node:crypto';
import type { IncomingHttpHeaders } from 'node:http';

import { Inject, Injectable } from '@nestjs/common';

import { type CookieProfile, setCookie } from '../../common/cookies';
import { RESOLVED_OPTIONS, type ResolvedAuthOptions } from '../../config/resolved-options';
import { deviceCookieProfile, readDeviceCookie } from '../../context/device-cookie';
import type { HeaderSink } from '../../http/header-sink';

const VALUE_BYTES = 32;

/** 400 days, the longest that browsers keep a cookie (RFC 6265bis, section 5.5). */
const LIFETIME_SECONDS = 400 * 24 * 60 * 60;

/** Gives each browser a random value by which links and sessions recognise it. */
@Injectable()
export class DeviceCookie {
  private readonly profile: CookieProfile;

  constructor(@Inject(RESOLVED_OPTIONS) options: Pick<ResolvedAuthOptions, 'publicUrl'>) {
    this.profile = deviceCookieProfile(options.publicUrl);
  }

  /** Sets the cookie, unless the browser has sent a valid one. */
  ensure(headers: IncomingHttpHeaders, response: HeaderSink): void {
    if (readDeviceCookie(headers.cookie, this.profile.name) !== undefined) return;
    const value = randomBytes(VALUE_BYTES).toString('base64url');
    response.header('Set-Cookie', setCookie(this.profile, value, LIFETIME_SECONDS));
  }
}
