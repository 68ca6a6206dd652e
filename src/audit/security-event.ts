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

/** Why a session was ended before it expired. */
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
  /** Mails that nobody has sent, and that were marked as expired. */
  abandoned_mails: number;
  mails: number;
  magic_links: number;
  sessions: number;
  /** Revocations that were stored for other instances. */
  session_revocations: number;
}

/** For events that their references describe completely. */
type NoDetails = Readonly<Record<string, never>>;

/**
 * All events of the audit trail, by type. `details` must hold nothing personal, because the trail
 * cannot be changed. Data that a person may want erased has its own table
 * (docs/reference/data.md#security_event_personal).
 */
interface EventCatalogue {
  /** A link was requested, and its mail will be sent. */
  'magic_link.requested': { details: NoDetails };
  /** A link or a code, genuine or not, was presented, and nobody was signed in. */
  'magic_link.failed': { reason: LinkFailureReason; details: Partial<ContextDetails> };
  /** The owner of an address has reported that they did not request a link. */
  'magic_link.reported': { details: NoDetails };
  /** After many wrong codes the address's codes are off for a while. Its links still work. */
  'account.locked': {
    reason: 'wrong_codes';
    details: { locks: 'codes'; lockout_seconds: number };
  };
  /** A mail server has permanently refused a mail. */
  'mail.refused': { details: { kind: string; failure: string } };
  /** A user was created, at the first proof of a mailbox. */
  'user.created': { details: NoDetails };
  /** Somebody signed in: exactly one for each session (invariant I5). */
  'sign_in.succeeded': {
    details: { method: SignInMethod; context?: ObservedContextDetails };
  };
  'session.created': { details: { remember_device: boolean; transport: 'bearer' | 'cookie' } };
  /** A genuine session was presented and refused. */
  'session.refused': { reason: SessionRefusalReason; details: Partial<ContextDetails> };
  /** A session was used from a context that a stricter policy would have refused. */
  'session.context_observed': { details: ObservedContextDetails };
  'session.revoked': { reason: SessionRevocationReason; details: NoDetails };
  'session.logged_out': { details: NoDetails };
  /** A limit began to refuse. Recorded once for each window, however many attempts follow. */
  'rate_limit.exceeded': {
    details: {
      limit: 'magic_link_request' | 'magic_link_verification' | 'wrong_codes' | 'routes';
    };
  };
  /** A clean-up has deleted expired data. Recorded once for each run that deleted anything. */
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

/** Whom and what an event is about, as far as known. */
export interface EventReferences {
  readonly tenantId: string;
  /** The address's subject: see `AuditSubjects`. */
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
