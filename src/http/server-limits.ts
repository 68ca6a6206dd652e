import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import { STATUS_CODES } from 'node:http';
import type { Duplex } from 'node:stream';
import { randomUUID } from 'node:crypto';
import { InvalidRequestError } from '../common/errors';
import { toProblem } from './problem';

/** A request of at most 16 KiB takes no longer, even over a slow phone network. */
const HEADERS_TIMEOUT_MILLISECONDS = 10_000;
const REQUEST_TIMEOUT_MILLISECONDS = 20_000;

/**
 * Bounds what one connection may cost, and answers what Node refuses before Express sees it in
 * the words of the contract.
 */
export function limitServer(server: Server): void {
  server.headersTimeout = HEADERS_TIMEOUT_MILLISECONDS;
  server.requestTimeout = REQUEST_TIMEOUT_MILLISECONDS;
  const latest = new WeakMap<Duplex, ServerResponse>();
  server.prependListener('request', (request: IncomingMessage, response: ServerResponse) => {
    latest.set(request.socket, response);
    request.url = originForm(request.url ?? '/');
  });
  server.on('clientError', (error: NodeJS.ErrnoException, socket: Duplex) => {
    // Never into the middle of an answer that is under way.
    if (!socket.writable || latest.get(socket)?.headersSent || error.code === 'ECONNRESET') {
      socket.destroy();
      return;
    }
    socket.end(rawProblem(statusOf(error)));
  });
}

/**
 * RFC 9112, section 3.2.2: servers accept the absolute form. Express hands one that it can't parse
 * to its last resort, an HTML page that repeats the URL, without running any middleware.
 * @returns a target that starts with `/`, or `*`
 */
export function originForm(target: string): string {
  if (target.startsWith('/') || target === '*') {
    return target;
  }
  const path = target.replace(/^[a-z][a-z0-9+.-]*:\/\/[^/?#]*/i, '');
  return path.startsWith('/') ? path : `/${path}`;
}

function statusOf(error: NodeJS.ErrnoException): number {
  const statuses: Partial<Record<string, number>> = {
    ERR_HTTP_REQUEST_TIMEOUT: 408,
    HPE_HEADER_OVERFLOW: 431,
  };
  return statuses[error.code ?? ''] ?? 400;
}

/** A whole answer, for a connection that has no response object yet. */
function rawProblem(status: number): string {
  const error = new InvalidRequestError([], 'The request is not well-formed HTTP.');
  const body = JSON.stringify({ ...toProblem(error), status });
  return [
    `HTTP/1.1 ${status} ${STATUS_CODES[status] ?? ''}`,
    'Content-Type: application/problem+json',
    `Content-Length: ${Buffer.byteLength(body)}`,
    'Cache-Control: no-store',
    "Content-Security-Policy: default-src 'none'; frame-ancestors 'none'",
    'Referrer-Policy: no-referrer',
    'X-Content-Type-Options: nosniff',
    `X-Request-Id: ${randomUUID()}`,
    'Connection: close',
    '',
    body,
  ].join('\r\n');
}
