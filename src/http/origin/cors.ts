import type { IncomingMessage, ServerResponse } from 'node:http';

import { isAllowedOrigin } from './origin-rule';

/** Seconds for which a browser may keep the answer to a preflight. */
const PREFLIGHT_MAX_AGE_SECONDS = 600;

const ALLOWED_METHODS = 'GET, HEAD, POST, DELETE';
const ALLOWED_HEADERS =
  'Authorization, Content-Type, X-Device-Fingerprint, X-Request-Id, X-Session-Id';
const EXPOSED_HEADERS = 'X-Request-Id, Retry-After';

/**
 * CORS (Fetch standard, section 3.2) for exactly the origins that the origin rule lets through.
 * Any other origin gets no CORS header, so that browsers do not show it the answer.
 * @returns Express middleware that answers preflights itself
 */
export function corsMiddleware(
  allowedOrigins: readonly string[],
): (request: IncomingMessage, response: ServerResponse, next: () => void) => void {
  return (request, response, next) => {
    response.setHeader('Vary', 'Origin');
    const { origin } = request.headers;
    if (origin === undefined || !isAllowedOrigin(origin, allowedOrigins)) {
      next();
      return;
    }
    response.setHeader('Access-Control-Allow-Origin', origin);
    response.setHeader('Access-Control-Allow-Credentials', 'true');
    if (request.method === 'OPTIONS' && request.headers['access-control-request-method']) {
      response.setHeader('Access-Control-Allow-Methods', ALLOWED_METHODS);
      response.setHeader('Access-Control-Allow-Headers', ALLOWED_HEADERS);
      response.setHeader('Access-Control-Max-Age', String(PREFLIGHT_MAX_AGE_SECONDS));
      response.statusCode = 204;
      response.end();
      return;
    }
    response.setHeader('Access-Control-Expose-Headers', EXPOSED_HEADERS);
    next();
  };
}
