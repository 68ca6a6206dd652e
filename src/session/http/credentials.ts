import type { IncomingHttpHeaders } from 'node:http';

import { readCookie } from '../../common/cookies';

/** How a session reached us. */
export type SessionTransport = 'bearer' | 'cookie';

export interface SessionCredentials {
  readonly token: string;
  readonly transport: SessionTransport;
}

/**
 * RFC 6750, section 2.1; the scheme's case does not matter (RFC 9110, section 11.1). The dot takes
 * any character, so that what follows the blanks always matches and nothing is tried twice.
 */
const BEARER = /^bearer(?: +(.*))?$/is;

/**
 * The one session that a request carries. If it carries both, the bearer token is the one: a
 * cookie may be sent by a browser unasked, a bearer token is always meant.
 *
 * @returns `undefined` when it carries none; a token of whatever form otherwise.
 */
export function readCredentials(
  headers: IncomingHttpHeaders,
  cookieName: string,
): SessionCredentials | undefined {
  const bearer = BEARER.exec(headers.authorization ?? '');
  if (bearer !== null) return { token: bearer[1] ?? '', transport: 'bearer' };
  const cookie = readCookie(headers.cookie, cookieName);
  return cookie === undefined ? undefined : { token: cookie, transport: 'cookie' };
}
