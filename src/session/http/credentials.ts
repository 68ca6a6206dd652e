import type { IncomingHttpHeaders } from 'node:http';

import { readCookie } from '../../common/cookies';

/** How a session reached us. */
export type SessionTransport = 'bearer' | 'cookie';

export interface SessionCredentials {
  readonly token: string;
  readonly transport: SessionTransport;
}

const BEARER = 'bearer';
const BLANK = ' ';

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
  const bearer = bearerToken(headers.authorization);
  if (bearer !== undefined) return { token: bearer, transport: 'bearer' };
  const cookie = readCookie(headers.cookie, cookieName);
  return cookie === undefined ? undefined : { token: cookie, transport: 'cookie' };
}

/**
 * RFC 6750, section 2.1; the scheme's case does not matter (RFC 9110, section 11.1), nor how many
 * blanks follow it. Every guarded request comes here, so that nothing is searched through.
 */
function bearerToken(authorization: string | undefined): string | undefined {
  if (authorization?.slice(0, BEARER.length).toLowerCase() !== BEARER) return undefined;
  let start = BEARER.length;
  if (start === authorization.length) return '';
  if (authorization[start] !== BLANK) return undefined;
  while (authorization[start] === BLANK) start += 1;
  return authorization.slice(start);
}
