import type { LinkFailureReason } from '../../audit/security-event';
import { AuthError, InvalidRequestError, TokenError } from '../../common/errors';

/** A refusal: what is answered, and what the trail says. */
export interface LinkRefusal {
  readonly error: AuthError;
  readonly reason: LinkFailureReason;
  readonly differences?: readonly string[];
}

const MESSAGES = {
  link_invalid: 'This sign-in link is not valid.',
  link_used: 'This sign-in link has been used already, or a newer one has replaced it.',
  link_expired: 'This sign-in link has expired.',
  context_mismatch: 'This sign-in link was asked for from another place or device.',
} as const;

/** A refusal for a reason that lies in the link. */
export function linkRefusal(
  code: keyof typeof MESSAGES,
  differences?: readonly string[],
): LinkRefusal {
  const error = new TokenError(code, MESSAGES[code]);
  return differences === undefined ? { error, reason: code } : { error, reason: code, differences };
}

const CODE_MESSAGES = {
  code_invalid: 'This code is not right.',
  code_exhausted: 'Too many wrong codes were tried. The link in the mail still works.',
} as const;

/** A refusal of a code. */
export function codeRefusal(code: keyof typeof CODE_MESSAGES): LinkRefusal {
  return { error: new TokenError(code, CODE_MESSAGES[code]), reason: code };
}

const REDIRECT_MESSAGE = 'The place that this link leads to is no longer allowed.';

/** The allow-list has changed since the link was asked for. */
export const REDIRECT_NO_LONGER_ALLOWED: LinkRefusal = {
  error: new InvalidRequestError(
    [{ field: 'redirect_to', message: REDIRECT_MESSAGE }],
    REDIRECT_MESSAGE,
  ),
  reason: 'redirect_not_allowed',
};

/** What the trail says of a sign-in that was undone; nothing when the database was away. */
export function refusalOf(error: unknown): LinkRefusal | undefined {
  if (!(error instanceof AuthError)) return undefined;
  switch (error.code) {
    case 'link_used':
    case 'account_disabled':
    case 'account_locked':
    case 'sign_up_disabled':
      return { error, reason: error.code };
    default:
      return undefined;
  }
}
