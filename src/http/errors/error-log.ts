import { requestId, type RequestLike } from '../request-id';
import type { Problem } from './problem';

/**
 * Everything that may be logged about a request that failed. An allow-list: no body, header,
 * query, path parameter or message gets in, because a message may hold SQL, its parameters, or a
 * piece of the input.
 */
export interface ErrorLogEntry {
  readonly request_id: string;
  readonly method: string;
  /** The pattern of the route (`/auth/sessions/:id`), never the URL; `-` outside all routes. */
  readonly route: string;
  readonly status: number;
  readonly code: string;
  /** Class of the error, and of what caused it. */
  readonly error: string;
  readonly cause?: string;
  /** Machine-readable code of the deepest of the two, such as an SQLSTATE. */
  readonly error_code?: string;
  /** Frames of the stack without the message above them; only for `internal`. */
  readonly stack?: readonly string[];
}

/** The parts of an Express or Fastify request that the log looks at. */
export interface LoggedRequest extends RequestLike {
  readonly method?: string;
  readonly route?: { readonly path?: unknown };
  readonly routeOptions?: { readonly url?: unknown };
}

const MAX_STACK_FRAMES = 20;
/** A frame as V8 writes it, so that no line of a message can pass for one. */
const STACK_FRAME =
  /^ {4}at (?:[^()\n]+ )?\(?(?:node:|file:|\/|[A-Za-z]:\\|<anonymous>)[^()\n]*\)?$/;
const WORD = /^[\w$]{1,64}$/;

/** Builds the one log entry of a failed request. */
export function errorLogEntry(
  exception: unknown,
  problem: Problem,
  request: LoggedRequest,
): ErrorLogEntry {
  const cause = exception instanceof Error ? exception.cause : undefined;
  const code = machineCode(cause) ?? machineCode(exception);
  return {
    request_id: requestId(request),
    method: request.method ?? '-',
    route: routePattern(request),
    status: problem.status,
    code: problem.code,
    error: className(exception),
    ...(cause !== undefined && { cause: className(cause) }),
    ...(code !== undefined && code !== problem.code && { error_code: code }),
    ...(problem.code === 'internal' && { stack: stackFrames(exception) }),
  };
}

function routePattern(request: LoggedRequest): string {
  const pattern = request.route?.path ?? request.routeOptions?.url;
  return typeof pattern === 'string' ? pattern : '-';
}

function className(value: unknown): string {
  const name = value instanceof Error ? value.constructor.name : typeof value;
  return WORD.test(name) ? name : 'Error';
}

function machineCode(value: unknown): string | undefined {
  const code = value instanceof Error ? (value as Error & { code?: unknown }).code : undefined;
  return typeof code === 'string' && WORD.test(code) ? code : undefined;
}

function stackFrames(exception: unknown): readonly string[] {
  if (!(exception instanceof Error) || typeof exception.stack !== 'string') return [];

  const message = exception.stack.indexOf(exception.message);
  if (message < 0) {
    // The message was changed after the stack was taken, so where it ends is not known.
    return [];
  }
  return exception.stack
    .slice(message + exception.message.length)
    .split('\n')
    .filter((line) => STACK_FRAME.test(line))
    .slice(0, MAX_STACK_FRAMES)
    .map((line) => line.trim());
}
