import type { LinkFailureReason } from '../audit/security-event';
import { AuthError, InvalidRequestError, TokenError } from '../common/errors';

/** A refusal: the error for the client, and what the audit trail records. */
export interface LinkRefusal {
  readonly error: AuthError;
  /** Absent when a rate limit refused: that has its own event. */
  readonly reason?: LinkFailureReason;
  readonly differences?: readonly string[];
}

/**
 * The outcome of an attempt. A refusal is returned instead of thrown so that its transaction
 * commits: the attempt stays counted, and its event stays recorded.
 */
export type Outcome<T> =
  | { readonly isRefused: false; readonly value: T }
  | { readonly isRefused: true; readonly refusal: LinkRefusal };

export function accepted<T>(value: T): Outcome<T> {
  return { isRefused: false, value };
}

export function refused(refusal: LinkRefusal): Outcome<never> {
  return { isRefused: true, refusal };
}

/**
 * Unwraps an outcome. Call it only after the transaction has committed.
 *
 * @returns the value of an accepted attempt.
 * @throws the error of a refusal.
 */
export function valueOf<T>(outcome: Outcome<T>): T {
  if (outcome.isRefused) throw outcome.refusal.error;
  return outcome.value;
}

const LINK_MESSAGES = {
  link_invalid: 'This sign-in link is not valid.',
  link_used: 'This sign-in link has been used already, or a newer one has replaced it.',
  link_expired: 'This sign-in link has expired.',
  context_mismatch: 'This sign-in link was asked for from another place or device.',
} as const;

/** A refusal because of the link or its context. */
export function linkRefusal(
  code: keyof typeof LINK_MESSAGES,
  differences?: readonly string[],
): LinkRefusal {
  const error = new TokenError(code, LINK_MESSAGES[code]);
  return differences === undefined ? { error, reason: code } : { error, reason: code, differences };
}

const CODE_MESSAGES = {
  code_invalid: 'This code is not right.',
  code_exhausted: 'Too many wrong codes were tried. The link in the mail still works.',
} as const;

/** A refusal because of the code. */
export function codeRefusal(code: keyof typeof CODE_MESSAGES): LinkRefusal {
  return { error: new TokenError(code, CODE_MESSAGES[code]), reason: code };
}

const ACCOUNT_MESSAGES = {
  sign_up_disabled: 'There is no account for this address.',
  account_disabled: 'This account is disabled.',
  account_locked: 'This account is locked.',
} as const;

/** A refusal of somebody who has proven the mailbox but may not sign in. */
export function accountRefusal(code: keyof typeof ACCOUNT_MESSAGES): LinkRefusal {
  return { error: new AuthError(code, ACCOUNT_MESSAGES[code]), reason: code };
}

const REDIRECT_MESSAGE = 'The place that this link leads to is no longer allowed.';

/** The allow-list has changed since the link was requested. */
export const REDIRECT_NO_LONGER_ALLOWED: LinkRefusal = {
  error: new InvalidRequestError(
    [{ field: 'redirect_to', message: REDIRECT_MESSAGE }],
    REDIRECT_MESSAGE,
  ),
  reason: 'redirect_not_allowed',
};
