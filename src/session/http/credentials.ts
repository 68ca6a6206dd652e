import type { IncomingHttpHeaders } from 'node:http';

import { readCookie } from '../../common/cookies';

/** How the request carries its session. */
export type SessionTransport = 'bearer' | 'cookie';

export interface SessionCredentials {
  readonly token: string;
  readonly transport: SessionTransport;
}

/** In state-changing requests of a page: the id of the session that the page shows. */
const EXPECTED_SESSION_HEADER = 'x-session-id';

const BEARER = 'bearer';
const BLANK = ' ';

/**
 * Reads the session token of a request. A bearer token wins over a cookie: browsers send cookies
 * unasked, but a bearer token is always deliberate.
 *
 * @returns `undefined` when there is none; otherwise a token whose form is not checked yet.
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

/** Both session tokens of a request, for routes that end what is presented. */
export function readBothTokens(
  headers: IncomingHttpHeaders,
  cookieName: string,
): { readonly bearer: string | undefined; readonly cookie: string | undefined } {
  return {
    bearer: bearerToken(headers.authorization),
    cookie: readCookie(headers.cookie, cookieName),
  };
}

/**
 * The session for which a state-changing request is meant.
 *
 * @returns a session's id; `undefined` when the request names none.
 */
export function readExpectedSession(headers: IncomingHttpHeaders): string | undefined {
  const header = headers[EXPECTED_SESSION_HEADER];
  return (Array.isArray(header) ? header.join() : header)?.toLowerCase();
}

/**
 * RFC 6750, section 2.1; the scheme's case does not matter (RFC 9110, section 11.1), nor how many
 * blanks follow it. Every guarded request runs this, so there is no search that could backtrack.
 */
function bearerToken(authorization: string | undefined): string | undefined {
  if (authorization?.slice(0, BEARER.length).toLowerCase() !== BEARER) return undefined;
  let start = BEARER.length;
  if (start === authorization.length) return '';
  if (authorization[start] !== BLANK) return undefined;
  while (authorization[start] === BLANK) start += 1;
  return authorization.slice(start);
}
