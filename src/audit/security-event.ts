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
  | 'reported'
  | 'replaced';

/** What the recipient of a mail says about it (docs/reference/owner-or-stranger.md#it-wasnt-me). */
export type ReportStatement = 'not_requested' | 'code_was_asked_for' | 'not_my_sign_in';

/** What a session was opened with; also the column `user_sessions.auth_method`. */
export type SignInMethod = 'magic_link' | 'magic_link_code';

/** How many rows were cleaned up, by kind. */
export interface CleanUpCounts {
  rate_limits: number;
  code_lockouts: number;
  mail_pauses: number;
  devices: number;
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
  /** The recipient of a mail has said that its link or sign-in was not theirs. */
  'magic_link.reported': {
    reason: ReportStatement;
    /** Whether the report came from the device that had requested the link. */
    details: { from_requesting_device: boolean };
  };
  /** A report was taken back: mails are sent again, and the device is known again. */
  'report.undone': { details: NoDetails };
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
  'session.created': {
    details: {
      remember_device: boolean;
      transport: 'bearer' | 'cookie';
      /** The ids of the sessions that this one has replaced, if any. */
      replaced?: readonly string[];
    };
  };
  /** A genuine session was presented and refused. */
  'session.refused': { reason: SessionRefusalReason; details: Partial<ContextDetails> };
  /** A session was used from a context that a stricter policy would have refused. */
  'session.context_observed': { details: ObservedContextDetails };
  /** A session was used from a network that is new to it. Recorded at most once an hour. */
  'session.network_changed': { details: NoDetails };
  'session.revoked': {
    reason: SessionRevocationReason;
    /** Where the user has ended sessions from another one: which, and how many at once. */
    details: NoDetails | { ended_by: string; ended: number };
  };
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
  'report.undone': 'info',
  'account.locked': 'warning',
  'mail.refused': 'warning',
  'user.created': 'info',
  'sign_in.succeeded': 'info',
  'session.created': 'info',
  'session.refused': 'warning',
  'session.context_observed': 'warning',
  'session.network_changed': 'info',
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
