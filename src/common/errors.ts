/**
 * The code of each error that MIRA Auth answers on purpose (docs/reference/http-api.md#errors).
 * Codes never change their meaning. Their statuses and titles are in `PROBLEM_KINDS`
 * (src/http/errors/problem.ts).
 */
export type AuthErrorCode =
  | 'invalid_request'
  | 'link_invalid'
  | 'link_used'
  | 'link_expired'
  | 'context_mismatch'
  | 'code_invalid'
  | 'code_exhausted'
  | 'session_missing'
  | 'session_invalid'
  | 'session_expired'
  | 'session_revoked'
  | 'session_changed'
  | 'account_disabled'
  | 'account_locked'
  | 'sign_up_disabled'
  | 'origin_forbidden'
  | 'fresh_sign_in_required'
  | 'not_found'
  | 'method_not_allowed'
  | 'too_large'
  | 'unsupported_media_type'
  | 'rate_limited'
  | 'unavailable';

/** What is wrong with one field of a request. `message` never repeats what was sent. */
export interface FieldError {
  readonly field: string;
  readonly message: string;
}

export interface AuthErrorOptions {
  /** The internal reason. It is never shown to a client, and logged by class and code only. */
  readonly cause?: unknown;
}

/**
 * Base of all errors that are thrown on purpose (docs/guide.md, section 7.1). `message` is the
 * public text, written for people; it never holds input, SQL or secrets.
 */
export class AuthError extends Error {
  /** With `invalid_request`: the fields at fault. */
  declare readonly fields?: readonly FieldError[];
  /** With `rate_limited` and `unavailable`: seconds after which to try again. */
  declare readonly retryAfterSeconds?: number;

  constructor(
    readonly code: AuthErrorCode,
    message: string,
    options: AuthErrorOptions = {},
  ) {
    super(message, options);
    this.name = new.target.name;
  }
}

/** A request whose form is wrong: `invalid_request`, with the fields at fault. */
export class InvalidRequestError extends AuthError {
  constructor(
    override readonly fields: readonly FieldError[],
    message = 'The request is not of the form that this route takes.',
    options: AuthErrorOptions = {},
  ) {
    super('invalid_request', message, options);
  }
}

/** More was asked than a limit allows: `rate_limited`. */
export class RateLimitError extends AuthError {
  constructor(
    /** Whole seconds after which the same attempt would be accepted, at least 1. */
    override readonly retryAfterSeconds: number,
    message = 'Too many requests. Try again later.',
    options: AuthErrorOptions = {},
  ) {
    super('rate_limited', message, options);
  }
}

/** The database does not answer, or the service is shutting down: `unavailable`. */
export class UnavailableError extends AuthError {
  constructor(
    /** Whole seconds after which trying again makes sense. */
    override readonly retryAfterSeconds = 1,
    message = 'The service is temporarily unavailable. Try again shortly.',
    options: AuthErrorOptions = {},
  ) {
    super('unavailable', message, options);
  }
}

/** A session that is missing, not genuine, expired, ended, or used from another context. */
export class SessionError extends AuthError {
  constructor(
    override readonly code:
      | 'session_missing'
      | 'session_invalid'
      | 'session_expired'
      | 'session_revoked'
      | 'session_changed'
      | 'context_mismatch',
    message: string,
    options: AuthErrorOptions = {},
  ) {
    super(code, message, options);
  }
}

/** A magic link, or the code in the same mail, that does not sign anybody in. */
export class TokenError extends AuthError {
  constructor(
    override readonly code:
      | 'link_invalid'
      | 'link_used'
      | 'link_expired'
      | 'context_mismatch'
      | 'code_invalid'
      | 'code_exhausted',
    message: string,
    options: AuthErrorOptions = {},
  ) {
    super(code, message, options);
  }
}
