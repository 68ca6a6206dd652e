import type { TokenError } from '../common/errors';
import type { ContextDetails, ObservedContextDetails } from '../context/context-policy';

/** Why a link did not sign anybody in. */
export type LinkFailureReason =
  | TokenError['code']
  | 'redirect_not_allowed'
  | 'account_disabled'
  | 'account_locked'
  | 'sign_up_disabled';

/** Why a session that exists was refused. */
export type SessionRefusalReason = 'session_expired' | 'session_revoked' | 'context_mismatch';

/** Why a session ended before its time. */
export type SessionRevocationReason =
  | 'logout'
  | 'user_request'
  | 'session_cap'
  | 'context_mismatch'
  | 'first_mailbox_proof'
  | 'reported';

/** What a session was opened with; also the column `user_sessions.auth_method`. */
export type SignInMethod = 'magic_link' | 'magic_link_code';

/** How many rows were cleaned up, by kind. */
export interface CleanUpCounts {
  rate_limits: number;
  code_lockouts: number;
  /** Mails that nobody sent, and that count as expired now. */
  abandoned_mails: number;
  mails: number;
  magic_links: number;
  sessions: number;
  /** Notes for other instances of sessions that have ended. */
  session_revocations: number;
}

/** For events that their references say all of. */
type NoDetails = Readonly<Record<string, never>>;

/**
 * Every event of the trail, by type. `details` holds nothing personal: the trail cannot be
 * changed; what a person may want erased is in docs/reference/data.md#security_event_personal.
 */
interface EventCatalogue {
  /** A link was asked for, and its mail will be sent. */
  'magic_link.requested': { details: NoDetails };
  /** A link or something that looked like one was presented, and nobody was signed in. */
  'magic_link.failed': { reason: LinkFailureReason; details: Partial<ContextDetails> };
  /** The owner of an address says that a link was not asked for by them. */
  'magic_link.reported': { details: NoDetails };
  /** So many wrong codes that the address's codes are off for a while. Its links still work. */
  'account.locked': {
    reason: 'wrong_codes';
    details: { locks: 'codes'; lockout_seconds: number };
  };
  /** A mail was refused for good by a mail server. */
  'mail.refused': { details: { kind: string; failure: string } };
  /** A user came to be, at the first proof of a mailbox. */
  'user.created': { details: NoDetails };
  /** Somebody signed in: exactly one for each session (invariant I5). */
  'sign_in.succeeded': {
    details: { method: SignInMethod; context?: ObservedContextDetails };
  };
  'session.created': { details: { remember_device: boolean; transport: 'bearer' | 'cookie' } };
  /** A genuine session was presented and refused. */
  'session.refused': { reason: SessionRefusalReason; details: Partial<ContextDetails> };
  /** A session was used from a context that a stricter policy would have looked at. */
  'session.context_observed': { details: ObservedContextDetails };
  'session.revoked': { reason: SessionRevocationReason; details: NoDetails };
  'session.logged_out': { details: NoDetails };
  /** A limit began to refuse: once for each window, however many attempts follow. */
  'rate_limit.exceeded': {
    details: {
      limit: 'magic_link_request' | 'magic_link_verification' | 'wrong_codes' | 'routes';
    };
  };
  /** A clean-up has deleted what had stood long enough: once for each run that found anything. */
  'expired_data.deleted': { details: Readonly<CleanUpCounts> };
}

export type SecurityEventType = keyof EventCatalogue;

export type Severity = 'info' | 'warning' | 'critical';

/** How much attention an event of each type deserves. */
export const EVENT_SEVERITY: Readonly<Record<SecurityEventType, Severity>> = {
  'magic_link.requested': 'info',
  'magic_link.failed': 'warning',
  'magic_link.reported': 'critical',
  'account.locked': 'warning',
  'mail.refused': 'warning',
  'user.created': 'info',
  'sign_in.succeeded': 'info',
  'session.created': 'info',
  'session.refused': 'warning',
  'session.context_observed': 'warning',
  'session.revoked': 'info',
  'session.logged_out': 'info',
  'rate_limit.exceeded': 'warning',
  'expired_data.deleted': 'info',
};

/** Whom and what an event is about, as far as it is known. */
export interface EventReferences {
  readonly tenantId: string;
  /** The address's subject: see `Subjects`. */
  readonly subjectId?: string;
  readonly userId?: string;
  readonly sessionId?: string;
  readonly magicLinkId?: string;
}

/** An event to be recorded. */
export type SecurityEvent = {
  [Type in SecurityEventType]: { readonly type: Type } & EventReferences &
    Readonly<EventCatalogue[Type]>;
}[SecurityEventType];
