import { type CookieProfile, cookieProfile, readCookie } from '../common/cookies';

/** 256 bits in base64url (RFC 4648, section 5), without padding. */
const DEVICE_VALUE = /^[\w-]{43}$/;

/** Name and attributes of the cookie that the hosted pages set in each browser. */
export function deviceCookieProfile(publicUrl: string): CookieProfile {
  return cookieProfile('mira_device', publicUrl);
}

/**
 * The value that identifies a returning browser. A malformed value counts as missing: a person
 * cannot repair a cookie, so it must not keep them from signing in.
 *
 * @param header the request's `Cookie` header.
 * @param name from {@link deviceCookieProfile}.
 */
export function readDeviceCookie(header: string | undefined, name: string): string | undefined {
  const value = readCookie(header, name);
  return value !== undefined && DEVICE_VALUE.test(value) ? value : undefined;
}
