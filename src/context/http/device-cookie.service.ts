import type { IncomingHttpHeaders } from 'node:http';

import { Inject, Injectable } from '@nestjs/common';

import { readCookie, setCookie } from '../../common/cookies';
import { RESOLVED_OPTIONS, type ResolvedAuthOptions } from '../../config/resolved-options';
import type { HeaderSink } from '../../http/header-sink';
import {
  type DeviceCookieProfiles,
  deviceCookieProfiles,
  newDeviceSecret,
  readDeviceCookies,
} from '../device/device-cookie';

/** 400 days, the longest that browsers keep a cookie (RFC 6265bis, section 5.5). */
const LIFETIME_SECONDS = 400 * 24 * 60 * 60;

/** Gives browsers the secrets by which links, sessions and accounts recognise them. */
@Injectable()
export class DeviceCookie {
  private readonly profiles: DeviceCookieProfiles;

  constructor(@Inject(RESOLVED_OPTIONS) options: Pick<ResolvedAuthOptions, 'publicUrl'>) {
    this.profiles = deviceCookieProfiles(options.publicUrl);
  }

  /** Sets the cookie with a first secret, unless the browser has sent a valid one. */
  ensure(headers: IncomingHttpHeaders, response: HeaderSink): void {
    if (readDeviceCookies(headers.cookie, this.profiles) !== undefined) return;
    response.header('Set-Cookie', this.holding([newDeviceSecret()], headers));
  }

  /**
   * The `Set-Cookie` values that make a browser hold these secrets and no others.
   *
   * @param secrets the one to use next first.
   * @param headers of the request, with what the browser holds now.
   */
  holding([newest = '', ...others]: readonly string[], headers: IncomingHttpHeaders): string[] {
    const cookies = [setCookie(this.profiles.newest, newest, LIFETIME_SECONDS)];
    const { others: profile } = this.profiles;
    if (others.length > 0) cookies.push(setCookie(profile, others.join('.'), LIFETIME_SECONDS));
    else if (readCookie(headers.cookie, profile.name) !== undefined) {
      cookies.push(setCookie(profile, '', 0));
    }

    return cookies;
  }
}
