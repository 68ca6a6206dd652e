import { HttpStatus } from '@nestjs/common';

import type { AuthError, AuthErrorCode, FieldError } from '../../common/errors';
import { InvalidRequestError, RateLimitError, UnavailableError } from '../../common/errors';

/** The one place where a code meets its status (contract, section "Errors"). */
export const PROBLEM_STATUS: Readonly<Record<AuthErrorCode, HttpStatus>> = {
  invalid_request: HttpStatus.BAD_REQUEST,
  link_invalid: HttpStatus.UNAUTHORIZED,
  link_used: HttpStatus.UNAUTHORIZED,
  link_expired: HttpStatus.UNAUTHORIZED,
  context_mismatch: HttpStatus.UNAUTHORIZED,
  code_invalid: HttpStatus.UNAUTHORIZED,
  code_exhausted: HttpStatus.UNAUTHORIZED,
  session_missing: HttpStatus.UNAUTHORIZED,
  session_invalid: HttpStatus.UNAUTHORIZED,
  session_expired: HttpStatus.UNAUTHORIZED,
  session_revoked: HttpStatus.UNAUTHORIZED,
  account_disabled: HttpStatus.FORBIDDEN,
  account_locked: HttpStatus.FORBIDDEN,
  sign_up_disabled: HttpStatus.FORBIDDEN,
  origin_forbidden: HttpStatus.FORBIDDEN,
  fresh_sign_in_required: HttpStatus.FORBIDDEN,
  not_found: HttpStatus.NOT_FOUND,
  method_not_allowed: HttpStatus.METHOD_NOT_ALLOWED,
  too_large: HttpStatus.PAYLOAD_TOO_LARGE,
  unsupported_media_type: HttpStatus.UNSUPPORTED_MEDIA_TYPE,
  rate_limited: HttpStatus.TOO_MANY_REQUESTS,
  unavailable: HttpStatus.SERVICE_UNAVAILABLE,
};

/** A title belongs to the type, not to the occurrence: RFC 9457, section 3.1.3. */
export const PROBLEM_TITLE: Readonly<Record<AuthErrorCode, string>> = {
  invalid_request: 'Invalid request',
  link_invalid: 'Sign-in link not valid',
  link_used: 'Sign-in link already used',
  link_expired: 'Sign-in link expired',
  context_mismatch: 'Context does not match',
  code_invalid: 'Code not valid',
  code_exhausted: 'Too many wrong codes',
  session_missing: 'Sign-in required',
  session_invalid: 'Session not valid',
  session_expired: 'Session expired',
  session_revoked: 'Session ended',
  account_disabled: 'Account disabled',
  account_locked: 'Account locked',
  sign_up_disabled: 'Sign-up disabled',
  origin_forbidden: 'Origin not allowed',
  fresh_sign_in_required: 'Fresh sign-in required',
  not_found: 'Not found',
  method_not_allowed: 'Method not allowed',
  too_large: 'Request too large',
  unsupported_media_type: 'Unsupported media type',
  rate_limited: 'Too many requests',
  unavailable: 'Temporarily unavailable',
};

/** The body of every error answer: RFC 9457, and docs/reference/http-api.md#errors. */
export interface Problem {
  readonly type: string;
  readonly title: string;
  readonly status: number;
  readonly detail: string;
  /** `internal` is a bug of ours, `http_error` a host's own exception that has no code here. */
  readonly code: AuthErrorCode | 'internal' | 'http_error';
  /** With `invalid_request` only. */
  readonly errors?: readonly FieldError[];
  /** Whole seconds, at least 1; with `rate_limited` and `unavailable` only. */
  readonly retry_after?: number;
}

/** What a client learns about an error that nobody foresaw: nothing. */
export const INTERNAL_PROBLEM: Problem = {
  type: 'urn:mira-auth:problem:internal',
  title: 'Internal error',
  status: HttpStatus.INTERNAL_SERVER_ERROR,
  detail: 'Something went wrong on our side.',
  code: 'internal',
};

/**
 * Puts an error that was thrown on purpose into the words of docs/reference/http-api.md#errors.
 * @param error its message becomes `detail`
 * @returns the problem, with `errors` or `retry_after` where its code has them
 */
export function toProblem(error: AuthError): Problem {
  const { code } = error;
  return {
    type: `urn:mira-auth:problem:${code}`,
    title: PROBLEM_TITLE[code],
    status: PROBLEM_STATUS[code],
    detail: error.message,
    code,
    ...(code === 'invalid_request' && { errors: fieldErrors(error) }),
    ...((code === 'rate_limited' || code === 'unavailable') && { retry_after: retryAfter(error) }),
  };
}

function fieldErrors(error: AuthError): readonly FieldError[] {
  return error instanceof InvalidRequestError ? error.fields : [];
}

/** `Retry-After` counts whole seconds (RFC 9110, section 10.2.3); rounding up keeps it true. */
function retryAfter(error: AuthError): number {
  const seconds =
    error instanceof RateLimitError || error instanceof UnavailableError
      ? error.retryAfterSeconds
      : 1;
  return Math.max(1, Math.ceil(seconds));
}
