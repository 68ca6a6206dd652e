import type { AuthErrorCode } from '../../common/errors';

/** What any route that needs a session may answer with. */
export const SESSION_PROBLEMS = [
  'invalid_request',
  'session_missing',
  'session_invalid',
  'session_expired',
  'session_revoked',
  'context_mismatch',
  'rate_limited',
  'unavailable',
] as const satisfies readonly AuthErrorCode[];
