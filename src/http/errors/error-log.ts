import { errorCode, errorName, stackFrames } from '../../common/loggable-error';
import { requestId, type RequestLike } from '../request-id';
import { type RoutedRequest, routePattern } from '../route-pattern';
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
  /** The code of the cause, or else of the error, such as an SQLSTATE. */
  readonly error_code?: string;
  /** Frames of the stack without the message above them; only for `internal`. */
  readonly stack?: readonly string[];
}

/** The parts of an Express or Fastify request that the log looks at. */
export interface LoggedRequest extends RequestLike, RoutedRequest {
  readonly method?: string;
}

/** Builds the one log entry of a failed request. */
export function errorLogEntry(
  exception: unknown,
  problem: Problem,
  request: LoggedRequest,
): ErrorLogEntry {
  const cause = exception instanceof Error ? exception.cause : undefined;
  const code = errorCode(cause) ?? errorCode(exception);
  return {
    request_id: requestId(request),
    method: request.method ?? '-',
    route: routePattern(request) ?? '-',
    status: problem.status,
    code: problem.code,
    error: errorName(exception),
    ...(cause !== undefined && { cause: errorName(cause) }),
    ...(code !== undefined && code !== problem.code && { error_code: code }),
    ...(problem.code === 'internal' && { stack: stackFrames(exception) }),
  };
}
