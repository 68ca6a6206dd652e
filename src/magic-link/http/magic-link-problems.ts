import type { AuthErrorCode } from '../../common/errors';

/** Errors that any link route may answer with. */
export const LINK_ROUTE_PROBLEMS = [
  'invalid_request',
  'origin_forbidden',
  'too_large',
  'unsupported_media_type',
  'rate_limited',
  'unavailable',
] as const satisfies readonly AuthErrorCode[];

/** Errors for somebody who has proven the mailbox but may not sign in. */
export const ACCOUNT_PROBLEMS = [
  'account_disabled',
  'account_locked',
  'sign_up_disabled',
] as const satisfies readonly AuthErrorCode[];
