import { randomBytes } from 'node:crypto';

import { type CookieProfile, cookieProfile, readCookie } from '../common/cookies';

const SECRET_BYTES = 32;

/** 256 bits in base64url (RFC 4648, section 5), without padding. */
const SECRET = '[\\w-]{43}';

/**
 * The most secrets that a browser holds. Each account that uses it has one of its own there, because
 * an account must not trust a secret that another one has known before.
 */
export const MAX_BROWSER_SECRETS = 4;

const ONE = new RegExp(`^${SECRET}$`);
const OTHERS = new RegExp(`^${SECRET}(?:\\.${SECRET}){0,${(MAX_BROWSER_SECRETS - 2).toString()}}$`);

/** The cookies that hold a browser's device secrets. */
export interface DeviceCookieProfiles {
  /** Holds the secret that was used last, alone, so that the first release can read it too. */
  readonly newest: CookieProfile;
  /** Holds those of other accounts, joined by full stops. */
  readonly others: CookieProfile;
}

export function deviceCookieProfiles(publicUrl: string): DeviceCookieProfiles {
  return {
    newest: cookieProfile('mira_device', publicUrl),
    others: cookieProfile('mira_devices', publicUrl),
  };
}

/** 256 random bits, as they stand in the cookie. */
export function newDeviceSecret(): string {
  return randomBytes(SECRET_BYTES).toString('base64url');
}

/**
 * The device secrets of a browser, the one used last first. A malformed value counts as missing: a
 * person cannot repair a cookie, so it must not keep them from signing in.
 *
 * @param header the request's `Cookie` header.
 * @returns `undefined` when there is none.
 */
export function readDeviceCookies(
  header: string | undefined,
  { newest, others }: DeviceCookieProfiles,
): readonly string[] | undefined {
  const first = readCookie(header, newest.name);
  if (first === undefined || !ONE.test(first)) return undefined;
  const rest = readCookie(header, others.name);
  return rest !== undefined && OTHERS.test(rest)
    ? [first, ...rest.split('.').filter((secret) => secret !== first)]
    : [first];
}
