import type { AbstractHttpAdapter } from '@nestjs/core';

import { requestId, type RequestLike } from './request-id';

/**
 * Sets the headers that docs/reference/http-api.md wants on every answer of our controllers, in any
 * host: no cache, no referrer, no sniffing of the type, and the id of the request.
 */
export function setContractHeaders(
  adapter: AbstractHttpAdapter,
  request: RequestLike,
  response: unknown,
): void {
  adapter.setHeader(response, 'Cache-Control', 'no-store');
  adapter.setHeader(response, 'Referrer-Policy', 'no-referrer');
  adapter.setHeader(response, 'X-Content-Type-Options', 'nosniff');
  adapter.setHeader(response, 'X-Request-Id', requestId(request));
}
