import { HttpStatus } from '@nestjs/common';

import type { AuthError, AuthErrorCode, FieldError } from '../../common/errors';

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

/** What all problems of one type have in common (RFC 9457, section 3.1). */
interface ProblemKind {
  readonly status: HttpStatus;
  /** Unlike `detail` it does not depend on what happened: section 3.1.3. */
  readonly title: string;
  /** Makes the members that only problems of this type have. */
  readonly members?: (error: AuthError) => Partial<Problem>;
}

/** The one place where a code meets its status and its title (docs/reference/http-api.md#errors). */
export const PROBLEM_KINDS: Readonly<Record<AuthErrorCode, ProblemKind>> = {
  invalid_request: { status: HttpStatus.BAD_REQUEST, title: 'Invalid request', members: errors },
  link_invalid: { status: HttpStatus.UNAUTHORIZED, title: 'Sign-in link not valid' },
  link_used: { status: HttpStatus.UNAUTHORIZED, title: 'Sign-in link already used' },
  link_expired: { status: HttpStatus.UNAUTHORIZED, title: 'Sign-in link expired' },
  context_mismatch: { status: HttpStatus.UNAUTHORIZED, title: 'Context does not match' },
  code_invalid: { status: HttpStatus.UNAUTHORIZED, title: 'Code not valid' },
  code_exhausted: { status: HttpStatus.UNAUTHORIZED, title: 'Too many wrong codes' },
  session_missing: { status: HttpStatus.UNAUTHORIZED, title: 'Sign-in required' },
  session_invalid: { status: HttpStatus.UNAUTHORIZED, title: 'Session not valid' },
  session_expired: { status: HttpStatus.UNAUTHORIZED, title: 'Session expired' },
  session_revoked: { status: HttpStatus.UNAUTHORIZED, title: 'Session ended' },
  session_changed: { status: HttpStatus.CONFLICT, title: 'Another session is open' },
  account_disabled: { status: HttpStatus.FORBIDDEN, title: 'Account disabled' },
  account_locked: { status: HttpStatus.FORBIDDEN, title: 'Account locked' },
  sign_up_disabled: { status: HttpStatus.FORBIDDEN, title: 'Sign-up disabled' },
  origin_forbidden: { status: HttpStatus.FORBIDDEN, title: 'Origin not allowed' },
  fresh_sign_in_required: { status: HttpStatus.FORBIDDEN, title: 'Fresh sign-in required' },
  not_found: { status: HttpStatus.NOT_FOUND, title: 'Not found' },
  method_not_allowed: { status: HttpStatus.METHOD_NOT_ALLOWED, title: 'Method not allowed' },
  too_large: { status: HttpStatus.PAYLOAD_TOO_LARGE, title: 'Request too large' },
  unsupported_media_type: {
    status: HttpStatus.UNSUPPORTED_MEDIA_TYPE,
    title: 'Unsupported media type',
  },
  rate_limited: {
    status: HttpStatus.TOO_MANY_REQUESTS,
    title: 'Too many requests',
    members: retryAfter,
  },
  unavailable: {
    status: HttpStatus.SERVICE_UNAVAILABLE,
    title: 'Temporarily unavailable',
    members: retryAfter,
  },
};

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
 */
export function toProblem(error: AuthError): Problem {
  const { code } = error;
  const { status, title, members } = PROBLEM_KINDS[code];
  const type = `urn:mira-auth:problem:${code}`;
  return { type, title, status, detail: error.message, code, ...members?.(error) };
}

function errors({ fields = [] }: AuthError): Partial<Problem> {
  return { errors: fields };
}

/** `Retry-After` counts whole seconds (RFC 9110, section 10.2.3); rounding up keeps it true. */
function retryAfter({ retryAfterSeconds = 1 }: AuthError): Partial<Problem> {
  return { retry_after: Math.max(1, Math.ceil(retryAfterSeconds)) };
}
