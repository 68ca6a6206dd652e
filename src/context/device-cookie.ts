import { type CookieProfile, cookieProfile, readCookie } from '../common/cookies';

/** 256 bits in base64url (RFC 4648, section 5), without padding. */
const DEVICE_VALUE = /^[\w-]{43}$/;

/** How the cookie is called and marked that the hosted pages give to each browser. */
export function deviceCookieProfile(publicUrl: string): CookieProfile {
  return cookieProfile('mira_device', publicUrl);
}

/**
 * The value by which a browser is known again. One of another form is none of ours, and counts as
 * none: a person cannot mend a cookie, so that it must not stand in the way of signing in.
 *
 * @param header `Cookie` as the request carries it.
 * @param name as {@link deviceCookieProfile} gives it.
 */
export function readDeviceCookie(header: string | undefined, name: string): string | undefined {
  const value = readCookie(header, name);
  return value !== undefined && DEVICE_VALUE.test(value) ? value : undefined;
}
