import { randomUUID } from 'node:crypto';
import { IncomingMessage, type Server, ServerResponse, STATUS_CODES } from 'node:http';
import { Socket } from 'node:net';
import type { Duplex } from 'node:stream';

import { InvalidRequestError } from '../../common/errors';
import { toProblem } from '../errors/problem';
import type { HeaderMiddleware } from './security-headers';

/** A request of at most 16 KiB takes no longer, even over a slow phone network. */
const HEADERS_TIMEOUT_MILLISECONDS = 10_000;
const REQUEST_TIMEOUT_MILLISECONDS = 20_000;

/** How long we read on from a connection after its last answer: a few round trips. */
const LINGER_MILLISECONDS = 1_000;

/**
 * Limits what one connection may cost. Requests that Node.js refuses before Express sees them are
 * answered as docs/reference/http-api.md#errors says.
 * @param securityHeaders sets the headers that every answer carries
 */
export function limitServer(server: Server, securityHeaders: HeaderMiddleware): void {
  server.headersTimeout = HEADERS_TIMEOUT_MILLISECONDS;
  server.requestTimeout = REQUEST_TIMEOUT_MILLISECONDS;
  // Node's own answers to these two have no body: see `refuseWrongHost`, and RFC 9110, section
  // 10.1.1, by which an expectation that is not known may be left alone.
  Object.assign(server, { requireHostHeader: false });
  server.on('checkExpectation', (request: IncomingMessage, response: ServerResponse) => {
    server.emit('request', request, response);
  });
  const latest = new WeakMap<Duplex, ServerResponse>();
  server.prependListener('request', (request: IncomingMessage, response: ServerResponse) => {
    latest.set(request.socket, response);
    request.url = originForm(request.url ?? '/');
  });
  const headers = headersOf(securityHeaders);
  const answered = new WeakSet<Duplex>();
  server.on('clientError', (error: NodeJS.ErrnoException, socket: Duplex) => {
    // What still arrives is read and dropped until the connection is closed.
    if (answered.has(socket)) return;
    // Never into the middle of an answer that is under way.
    if (!socket.writable || latest.get(socket)?.headersSent || error.code === 'ECONNRESET') {
      socket.destroy();
      return;
    }
    answered.add(socket);
    socket.end(rawProblem(statusOf(error), headers));
    // Closed at once with input unread, the connection would be reset, and the client might never
    // see the answer (RFC 9112, section 9.6).
    setTimeout(() => socket.destroy(), LINGER_MILLISECONDS).unref();
  });
}

/** Express middleware. RFC 9112, section 3.2: exactly one `Host`, which HTTP/1.0 may leave out. */
export function refuseWrongHost(
  request: IncomingMessage,
  _response: ServerResponse,
  next: (error?: unknown) => void,
): void {
  const count = request.headersDistinct['host']?.length ?? 0;
  const isWrong = count > 1 || (count === 0 && request.httpVersion !== '1.0');
  next(
    isWrong
      ? new InvalidRequestError([{ field: 'host', message: 'must be there once' }])
      : undefined,
  );
}

/**
 * RFC 9112, section 3.2.2: servers accept the absolute form. Express hands one that it can't parse
 * to its last resort, an HTML page that repeats the URL, without running any middleware.
 * @returns a target that starts with `/`, or `*`
 * @internal for specs
 */
export function originForm(target: string): string {
  if (target.startsWith('/') || target === '*') return target;

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

/** What the middleware sets on an answer to any path, a line each. */
function headersOf(middleware: HeaderMiddleware): string[] {
  const request = new IncomingMessage(new Socket());
  const response = new ServerResponse(request);
  middleware(request, response, () => undefined);
  return Object.entries(response.getHeaders()).map(([name, value]) => `${name}: ${String(value)}`);
}

/** A whole answer, for a connection that has no response object yet. */
function rawProblem(status: number, headers: readonly string[]): string {
  const error = new InvalidRequestError([], 'The request is not well-formed HTTP.');
  const body = JSON.stringify({ ...toProblem(error), status });
  return [
    `HTTP/1.1 ${status} ${STATUS_CODES[status] ?? ''}`,
    'Content-Type: application/problem+json',
    `Content-Length: ${Buffer.byteLength(body)}`,
    ...headers,
    `X-Request-Id: ${randomUUID()}`,
    'Connection: close',
    '',
    body,
  ].join('\r\n');
}
