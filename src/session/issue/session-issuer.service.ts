import { Inject, Injectable } from '@nestjs/common';

import { AuditRecorder } from '../../audit/audit-recorder.service';
import type {
  SecurityEvent,
  SessionRevocationReason,
  SignInMethod,
} from '../../audit/security-event';
import { timeOrderedUuid } from '../../common/time-ordered-uuid';
import { RESOLVED_OPTIONS, type ResolvedAuthOptions } from '../../config/resolved-options';
import { ContextDigests } from '../../context/context-digests.service';
import type { ObservedContextDetails } from '../../context/context-policy';
import { clientNetwork } from '../../context/ip-address';
import { type RequestContext, requestInfo } from '../../context/request-context';
import { KeyRing } from '../../crypto/key-ring.service';
import { tokenHash } from '../../crypto/token-hash';
import { TokenSigner } from '../../crypto/token-signer.service';
import type { Transaction } from '../../database/database.service';
import { MailOutbox } from '../../mail/outbox/mail-outbox.service';
import type { SignedInUser } from '../../users/users.service';
import { SessionRepository } from '../session.repository';
import { SessionEndingRepository } from '../session-ending.repository';
import { NEW_SIGN_IN_MAIL } from './session-mail.composer';

/** The result of a sign-in, from which a session is opened. */
export interface SessionRequest extends RequestContext {
  readonly signedIn: SignedInUser;
  /** The subject that stands for the user's address in the audit trail. */
  readonly subjectId: string;
  /** The link that the same transaction has consumed. */
  readonly magicLinkId: string;
  readonly method: SignInMethod;
  /** The language of mails about the session, if one is known. */
  readonly locale: string | null;
  readonly deviceName: string | null;
  readonly rememberDevice: boolean;
  readonly transport: 'bearer' | 'cookie';
  /** Under `observe`: what stricter policies would have decided about the sign-in's context. */
  readonly observed: ObservedContextDetails | undefined;
  /** The current time by the database's clock. */
  readonly now: Date;
}

export interface IssuedSession {
  readonly id: string;
  /** Shown once, stored nowhere. */
  readonly token: string;
  readonly expiresAt: Date;
  /** From now to `expiresAt`. */
  readonly lifetimeSeconds: number;
}

/** Opens sessions (docs/guide.md, section 4.1). */
@Injectable()
export class SessionIssuer {
  constructor(
    private readonly repository: SessionRepository,
    private readonly endings: SessionEndingRepository,
    private readonly signer: TokenSigner,
    private readonly digests: ContextDigests,
    private readonly keyRing: KeyRing,
    private readonly audit: AuditRecorder,
    private readonly outbox: MailOutbox,
    @Inject(RESOLVED_OPTIONS) private readonly options: Pick<ResolvedAuthOptions, 'session'>,
  ) {}

  /**
   * Opens a session in the transaction of a sign-in, and ends the user's oldest ones above the cap.
   * The caller has locked the user's row, so concurrent sign-ins of one user cannot exceed the cap.
   */
  async open(request: SessionRequest, transaction: Transaction): Promise<IssuedSession> {
    const { user, isNew } = request.signedIn;
    // A new user has no other sessions and no known places to compare with.
    const [ended, isUnknownPlace] = isNew
      ? [[], false]
      : await Promise.all([
          this.endOthers(request.signedIn, transaction),
          this.isUnknownPlace(request, transaction),
        ]);
    const { rememberDevice, ...session } = await this.insert(request, transaction);
    const eventIds = await this.audit.record(
      [...ended, ...successEvents(request, session.id, rememberDevice)],
      requestInfo(request),
      transaction,
    );
    const eventId = eventIds.at(-1);
    if (isUnknownPlace && eventId !== undefined) {
      await this.outbox.enqueue(
        {
          kind: NEW_SIGN_IN_MAIL,
          userId: user.id,
          eventId,
          locale: request.locale,
          keyId: this.keyRing.current.id,
        },
        transaction,
      );
    }
    return session;
  }

  /** Ends the user's oldest sessions; all of them at the first proof of the mailbox. */
  private async endOthers(
    { user, isFirstProof }: SignedInUser,
    transaction: Transaction,
  ): Promise<SecurityEvent[]> {
    const { maxPerUser, idleTimeoutSeconds } = this.options.session;
    const firstProof = 'first_mailbox_proof';
    const [unproven, oldest] = await Promise.all([
      isFirstProof ? this.endings.revokeAllExcept(user.id, null, firstProof, 0, transaction) : [],
      this.endings.revokeOldest(user.id, maxPerUser - 1, idleTimeoutSeconds, transaction),
    ]);
    return [...endEvents(user, unproven, firstProof), ...endEvents(user, oldest, 'session_cap')];
  }

  /** Whether the user has signed in before, but never from this network or never on this device. */
  private async isUnknownPlace(
    { signedIn, context }: SessionRequest,
    transaction: Transaction,
  ): Promise<boolean> {
    const { id, known_ip_addresses: known } = signedIn.user;
    if (known.length === 0) return false;
    const network = clientNetwork(context.ipAddress);
    if (!known.some((address) => clientNetwork(address) === network)) return true;
    const { userAgent, deviceFingerprint: fingerprint } = context;
    const fingerprintDigests =
      fingerprint === undefined ? [] : this.digests.candidates(fingerprint);
    const device = { userAgent, fingerprintDigests };
    return !(await this.repository.isKnownDevice(id, device, transaction));
  }

  private async insert(
    request: SessionRequest,
    transaction: Transaction,
  ): Promise<IssuedSession & { readonly rememberDevice: boolean }> {
    const { context, signedIn, now } = request;
    const { session: limits } = this.options;
    const fingerprint = context.deviceFingerprint;
    // Without a fingerprint a device cannot be recognised later.
    const rememberDevice = request.rememberDevice && fingerprint !== undefined;
    // Token times are whole seconds; the time-ordered ids show which of two sessions is older.
    const id = timeOrderedUuid(now);
    const issuedAt = Math.floor(now.getTime() / 1_000);
    const lifetimeSeconds = rememberDevice
      ? limits.rememberedLifetimeSeconds
      : limits.lifetimeSeconds;
    const expiresAt = issuedAt + lifetimeSeconds;
    const keyId = this.keyRing.current.id;
    const fingerprintDigest =
      fingerprint === undefined ? null : this.digests.fingerprint(fingerprint);
    const token = await this.signer.sign('session', {
      id,
      issuedAt,
      expiresAt,
      context: this.digests.claim(keyId, {
        ipAddress: context.ipAddress,
        userAgent: context.userAgent,
        fingerprintDigest,
      }),
    });
    this.repository.insert(
      {
        id,
        user_id: signedIn.user.id,
        session_token_hash: tokenHash(token),
        ip_address: context.ipAddress,
        user_agent: context.userAgent,
        device_fingerprint: fingerprintDigest,
        device_name: request.deviceName,
        auth_method: request.method,
        remember_device: rememberDevice,
        created_at: new Date(issuedAt * 1_000),
        expires_at: new Date(expiresAt * 1_000),
        tenant_id: signedIn.user.tenant_id,
        magic_link_id: request.magicLinkId,
        key_id: keyId,
      },
      transaction,
    );
    return { id, token, expiresAt: new Date(expiresAt * 1_000), lifetimeSeconds, rememberDevice };
  }
}

function endEvents(
  { id: userId, tenant_id: tenantId }: SignedInUser['user'],
  sessionIds: readonly string[],
  reason: SessionRevocationReason,
): SecurityEvent[] {
  return sessionIds.map((sessionId) => ({
    type: 'session.revoked',
    tenantId,
    userId,
    sessionId,
    reason,
    details: {},
  }));
}

function successEvents(
  request: SessionRequest,
  sessionId: string,
  rememberDevice: boolean,
): SecurityEvent[] {
  const about = {
    tenantId: request.signedIn.user.tenant_id,
    subjectId: request.subjectId,
    userId: request.signedIn.user.id,
    magicLinkId: request.magicLinkId,
  };
  return [
    ...(request.signedIn.isNew
      ? [{ ...about, type: 'user.created', details: {} } satisfies SecurityEvent]
      : []),
    {
      ...about,
      type: 'sign_in.succeeded',
      sessionId,
      details: {
        method: request.method,
        ...(request.observed && { context: request.observed }),
      },
    },
    {
      ...about,
      type: 'session.created',
      sessionId,
      details: { remember_device: rememberDevice, transport: request.transport },
    },
  ];
}
