import { randomUUID } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';

import { requestState } from './request-state';

/** A client's id is used in this form only (docs/reference/http-api.md#headers-of-every-answer). */
const REQUEST_ID = /^[A-Za-z0-9_-]{8,64}$/;

const ids = requestState<string>();

/** A request of Express, Fastify or Node.js. */
export interface RequestLike {
  readonly headers: IncomingMessage['headers'];
}

/**
 * The id that names this request in its answer, in the log and in the audit trail.
 * @param request the same request always gets the same id, middleware or not
 * @returns 8 to 64 characters of `[A-Za-z0-9_-]`
 */
export function requestId(request: RequestLike): string {
  const known = ids.get(request);
  if (known !== undefined) return known;

  const sent = request.headers['x-request-id'];
  const id = typeof sent === 'string' && REQUEST_ID.test(sent) ? sent : randomUUID();
  ids.set(request, id);
  return id;
}

/** Express middleware that puts `X-Request-Id` on the answer. Register it first. */
export function requestIdMiddleware(
  request: IncomingMessage,
  response: ServerResponse,
  next: () => void,
): void {
  response.setHeader('X-Request-Id', requestId(request));
  next();
}
