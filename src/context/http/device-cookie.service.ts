import type { IncomingHttpHeaders } from 'node:http';

import { Inject, Injectable } from '@nestjs/common';

import { type CookieProfile, setCookie } from '../../common/cookies';
import { RESOLVED_OPTIONS, type ResolvedAuthOptions } from '../../config/resolved-options';
import type { HeaderSink } from '../../http/header-sink';
import {
  deviceCookieProfile,
  newDeviceSecret,
  readDeviceCookie,
  withNewSecret,
} from '../device-cookie';

/** 400 days, the longest that browsers keep a cookie (RFC 6265bis, section 5.5). */
const LIFETIME_SECONDS = 400 * 24 * 60 * 60;

/** Gives browsers the secrets by which links, sessions and accounts recognise them. */
@Injectable()
export class DeviceCookie {
  private readonly profile: CookieProfile;

  constructor(@Inject(RESOLVED_OPTIONS) options: Pick<ResolvedAuthOptions, 'publicUrl'>) {
    this.profile = deviceCookieProfile(options.publicUrl);
  }

  /** Sets the cookie with a first secret, unless the browser has sent a valid one. */
  ensure(headers: IncomingHttpHeaders, response: HeaderSink): void {
    if (readDeviceCookie(headers.cookie, this.profile.name) !== undefined) return;
    response.header('Set-Cookie', this.withSecret(newDeviceSecret(), headers));
  }

  /** The `Set-Cookie` value that adds a secret to those which the browser has sent. */
  withSecret(secret: string, headers: IncomingHttpHeaders): string {
    const others = readDeviceCookie(headers.cookie, this.profile.name) ?? [];
    return setCookie(this.profile, withNewSecret(secret, others), LIFETIME_SECONDS);
  }
}
