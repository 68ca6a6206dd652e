import { randomBytes } from 'node:crypto';

import { type CookieProfile, cookieProfile, readCookie } from '../common/cookies';

const SECRET_BYTES = 32;

/** 256 bits in base64url (RFC 4648, section 5), without padding. */
const SECRET = '[\\w-]{43}';

/**
 * The most secrets that a cookie holds. Each account that uses a browser has one of its own there,
 * because the account must not trust a secret that another one has known before.
 */
const MAX_SECRETS = 4;

const DEVICE_VALUE = new RegExp(`^${SECRET}(?:\\.${SECRET}){0,${(MAX_SECRETS - 1).toString()}}$`);

/** Name and attributes of the cookie that holds a browser's device secrets. */
export function deviceCookieProfile(publicUrl: string): CookieProfile {
  return cookieProfile('mira_device', publicUrl);
}

/** 256 random bits, as they stand in the cookie. */
export function newDeviceSecret(): string {
  return randomBytes(SECRET_BYTES).toString('base64url');
}

/** The value of a cookie to which a new secret is added; the oldest goes when there are too many. */
export function withNewSecret(secret: string, others: readonly string[]): string {
  return [secret, ...others].slice(0, MAX_SECRETS).join('.');
}

/**
 * The device secrets of a browser, newest first. A malformed value counts as missing: a person
 * cannot repair a cookie, so it must not keep them from signing in.
 *
 * @param header the request's `Cookie` header.
 * @param name from {@link deviceCookieProfile}.
 */
export function readDeviceCookie(
  header: string | undefined,
  name: string,
): readonly string[] | undefined {
  const value = readCookie(header, name);
  return value !== undefined && DEVICE_VALUE.test(value) ? value.split('.') : undefined;
}
