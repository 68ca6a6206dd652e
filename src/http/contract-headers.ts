import type { AbstractHttpAdapter } from '@nestjs/core';

import { requestId, type RequestLike } from './request-id';

/**
 * Sets what docs/reference/http-api.md wants on every answer of our controllers, whoever the host
 * is: nothing is cached, nothing is sniffed, no address leaks, and the request can be named.
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
