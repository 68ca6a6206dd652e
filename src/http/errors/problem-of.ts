import { STATUS_CODES } from 'node:http';

import { HttpException, HttpStatus } from '@nestjs/common';

import {
  AuthError,
  InvalidRequestError,
  RateLimitError,
  UnavailableError,
} from '../../common/errors';
import { INTERNAL_PROBLEM, type Problem, toProblem } from './problem';
import { bodyNotJson, bodyTooLarge, methodNotAllowed } from './request-errors';

/**
 * Finds the problem to answer an exception with.
 *
 * It never uses the message of an exception that is not ours: the router's repeats the URL, and the
 * parser's repeats a part of the body.
 * @param exception whatever was thrown
 * @returns `internal` (500) for everything that was not thrown on purpose
 */
export function problemOf(exception: unknown): Problem {
  if (exception instanceof AuthError) return toProblem(exception);

  // Either a ProblemException, or what body-parser and Nest's adapter wrapped around an error of
  // ours that was thrown while the body was read.
  if (exception instanceof HttpException && exception.cause instanceof AuthError) {
    return toProblem(exception.cause);
  }

  const status = statusOf(exception);
  if (status === undefined || !(status in STATUS_CODES)) return INTERNAL_PROBLEM;

  const error = ERROR_FOR_STATUS[status]?.();
  if (error) return toProblem(error);

  return status >= 400 && status < 500 ? plainProblem(status) : INTERNAL_PROBLEM;
}

/** Our error for a status that Nest, a parser or the host has chosen. */
const ERROR_FOR_STATUS: Readonly<Record<number, () => AuthError>> = {
  [HttpStatus.BAD_REQUEST]: () => new InvalidRequestError([]),
  [HttpStatus.UNPROCESSABLE_ENTITY]: () => new InvalidRequestError([]),
  [HttpStatus.NOT_FOUND]: () => new AuthError('not_found', 'There is nothing here.'),
  [HttpStatus.METHOD_NOT_ALLOWED]: methodNotAllowed,
  [HttpStatus.PAYLOAD_TOO_LARGE]: bodyTooLarge,
  [HttpStatus.UNSUPPORTED_MEDIA_TYPE]: bodyNotJson,
  [HttpStatus.TOO_MANY_REQUESTS]: () => new RateLimitError(1),
  [HttpStatus.SERVICE_UNAVAILABLE]: () => new UnavailableError(),
};

/** A status without a code of ours. RFC 9457, section 4.2.1: its type is `about:blank`. */
function plainProblem(status: number): Problem {
  const title = STATUS_CODES[status] ?? 'Error';
  return { type: 'about:blank', title, status, detail: title, code: 'http_error' };
}

/** The status of an exception that has one on purpose. On any other error it means nothing. */
function statusOf(exception: unknown): number | undefined {
  if (exception instanceof HttpException) return exception.getStatus();

  if (!(exception instanceof Error)) return undefined;

  const { statusCode, expose, code } = exception as Error & {
    statusCode?: unknown;
    expose?: unknown;
    code?: unknown;
  };
  const fromHttpErrors = typeof expose === 'boolean';
  const fromFastify = typeof code === 'string' && code.startsWith('FST_');
  return typeof statusCode === 'number' && (fromHttpErrors || fromFastify) ? statusCode : undefined;
}
