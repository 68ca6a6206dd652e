import { Inject, Injectable } from '@nestjs/common';

import { AuditRecorder } from '../../audit/audit-recorder.service';
import type { SecurityEvent, SignInMethod } from '../../audit/security-event';
import { timeOrderedUuid } from '../../common/time-ordered-uuid';
import { RESOLVED_OPTIONS, type ResolvedAuthOptions } from '../../config/resolved-options';
import { ContextDigests } from '../../context/context-digests.service';
import type { ObservedContextDetails } from '../../context/context-policy';
import { presentedDevice, presentedSecrets } from '../../context/device/presented-device';
import { isNearbyNetwork } from '../../context/ip-address';
import { type RequestContext, requestInfo } from '../../context/request-context';
import { isSameClientKind } from '../../context/user-agent';
import { KeyRing } from '../../crypto/key-ring.service';
import { tokenHash } from '../../crypto/token-hash';
import { TokenSigner } from '../../crypto/token-signer.service';
import type { Transaction } from '../../database/database.service';
import { MailOutbox } from '../../mail/outbox/mail-outbox.service';
import type { SignInDevice } from '../../users/known-devices.service';
import type { SignedInUser } from '../../users/users.service';
import { SessionRepository } from '../session.repository';
import { SessionEndingRepository } from '../session-ending.repository';
import { NEW_SIGN_IN_MAIL } from './session-mail.composer';
import { endEvents, successEvents } from './sign-in-events';

/** The sessions that a sign-in request presents: hashes of their tokens, genuine or not. */
export interface PresentedSessions {
  readonly cookieHash: string | null;
  readonly bearerHash: string | null;
}

/** The result of a sign-in, from which a session is opened. */
export interface SessionRequest extends RequestContext {
  readonly signedIn: SignedInUser;
  /** The device, if it has presented a secret. */
  readonly device: SignInDevice | undefined;
  readonly presented: PresentedSessions;
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
   * Opens a session in the transaction of a sign-in. Ends those that it replaces, and the user's
   * oldest ones above the cap. The caller has locked the user's row, so concurrent sign-ins of one
   * user cannot exceed the cap.
   */
  async open(request: SessionRequest, transaction: Transaction): Promise<IssuedSession> {
    const { user, isNew } = request.signedIn;
    const [replaced, ended, isUnusual] = await Promise.all([
      this.replaceOthers(request, transaction),
      // A new user has no other sessions and no known places to compare with.
      isNew ? [] : this.endOthers(request.signedIn, transaction),
      !isNew && this.isUnusual(request, transaction),
    ]);
    const { rememberDevice, ...session } = await this.insert(request, transaction);
    const eventIds = await this.audit.record(
      [...ended, ...successEvents(request, session.id, { rememberDevice, replaced })],
      requestInfo(request),
      transaction,
    );
    const eventId = eventIds.at(-1);
    if (isUnusual && eventId !== undefined) {
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

  /** Ends the sessions that the request presents, and older ones of the user on the same device. */
  private async replaceOthers(
    { signedIn, presented, context }: SessionRequest,
    transaction: Transaction,
  ): Promise<string[]> {
    const { user } = signedIn;
    const secrets = presentedSecrets(context);
    if (secrets.length === 0 && presented.cookieHash === null && presented.bearerHash === null) {
      return [];
    }

    return this.endings.replace(
      {
        ...presented,
        userId: user.id,
        secretDigests: secrets.flatMap((secret) => this.digests.secretCandidates(user.id, secret)),
        fingerprintDigests: secrets.flatMap((secret) => this.digests.candidates(secret)),
      },
      transaction,
    );
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
    const unprovenIds = unproven.map(({ id }) => id);
    return [...endEvents(user, unprovenIds, firstProof), ...endEvents(user, oldest, 'session_cap')];
  }

  /**
   * Whether the owner should hear of a sign-in: it came from a device that the account did not know.
   * A client without a secret is unusual in a network, or of a browser family and system, that the
   * user has not signed in with before.
   */
  private async isUnusual(
    { signedIn, context, device }: SessionRequest,
    transaction: Transaction,
  ): Promise<boolean> {
    const { id, last_login_at: lastLoginAt, known_ip_addresses: known } = signedIn.user;
    // Somebody who was imported, and signs in here for the first time.
    if (lastLoginAt === null) return false;
    if (device !== undefined) return !device.wasKnown;
    if (!known.some((address) => isNearbyNetwork(address, context.ipAddress))) return true;
    const agents = await this.repository.userAgents(id, transaction);
    return !agents.some((agent) => isSameClientKind(agent, context.userAgent));
  }

  private async insert(
    request: SessionRequest,
    transaction: Transaction,
  ): Promise<IssuedSession & { readonly rememberDevice: boolean }> {
    const { context, signedIn, device, now } = request;
    const { session: limits } = this.options;
    const presented = presentedDevice(context);
    // A device that presents nothing cannot be recognised later.
    const rememberDevice = request.rememberDevice && presented !== undefined;
    // Token times are whole seconds; the time-ordered ids show which of two sessions is older.
    const id = timeOrderedUuid(now);
    const issuedAt = Math.floor(now.getTime() / 1_000);
    const lifetimeSeconds = rememberDevice
      ? limits.rememberedLifetimeSeconds
      : limits.lifetimeSeconds;
    const expiresAt = issuedAt + lifetimeSeconds;
    const keyId = this.keyRing.current.id;
    const fingerprintDigest =
      presented?.kind === 'fingerprint' ? this.digests.fingerprint(presented.values[0]) : null;
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
        device_kind: presented?.kind ?? 'none',
        device_secret: device?.digest ?? null,
        device_id: device?.id ?? null,
        device_was_known: device?.wasKnown ?? false,
      },
      transaction,
    );
    return { id, token, expiresAt: new Date(expiresAt * 1_000), lifetimeSeconds, rememberDevice };
  }
}
