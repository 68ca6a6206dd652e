import { Inject, Injectable } from '@nestjs/common';

import { AuditRecorder } from '../audit/audit-recorder.service';
import { AuthError, SessionError } from '../common/errors';
import { RESOLVED_OPTIONS, type ResolvedAuthOptions } from '../config/resolved-options';
import type { RequestInfo } from '../context/request-context';
import { KeyRing } from '../crypto/key-ring.service';
import { TokenVerifier } from '../crypto/token-verifier.service';
import { Database, type Transaction } from '../database/database.service';
import { MailOutbox } from '../mail/outbox/mail-outbox.service';
import { DeviceRepository } from '../users/device.repository';
import { UserRepository } from '../users/user.repository';
import { refuseOtherSession } from './expected-session';
import { SESSIONS_ENDED_BY_NEW_DEVICE_MAIL } from './issue/session-mail.composer';
import { toPrincipalSession } from './memory/cached-session';
import type { Principal, PrincipalSession } from './principal';
import { SessionRepository } from './session.repository';
import { devicesOf } from './session-device';
import { type EndedSession, SessionEndingRepository } from './session-ending.repository';
import { SessionOwnerRepository } from './session-owner.repository';
import { referencesTo } from './session-references';
import type { UserSession } from './user-session.entity';

/** For checking that a token is genuine, whenever it has expired. */
const END_OF_TIME = new Date('9999-12-31T00:00:00Z');

/** Lists and ends the sessions of a user. */
@Injectable()
export class SessionService {
  constructor(
    private readonly database: Database,
    private readonly repository: SessionRepository,
    private readonly owners: SessionOwnerRepository,
    private readonly endings: SessionEndingRepository,
    private readonly users: UserRepository,
    private readonly devices: DeviceRepository,
    private readonly audit: AuditRecorder,
    private readonly outbox: MailOutbox,
    private readonly verifier: TokenVerifier,
    private readonly keyRing: KeyRing,
    @Inject(RESOLVED_OPTIONS) private readonly options: Pick<ResolvedAuthOptions, 'session'>,
  ) {}

  /** The live sessions of the principal's user, newest first. */
  async list({ user, session: current }: Principal): Promise<PrincipalSession[]> {
    const rows = await this.repository.listLive(user.id, this.idleTimeout, this.database);
    // The current session's last use is this one, which is not written yet.
    return rows.map((row) =>
      row.id === current.id
        ? {
            ...toPrincipalSession(row),
            lastUserAgent: current.lastUserAgent,
            lastIpAddress: current.lastIpAddress,
          }
        : toPrincipalSession(row),
    );
  }

  /**
   * Ends one of the user's sessions, and forgets its device. If the principal's own device has been
   * known for less than a day, the user is mailed.
   *
   * @param sessionId a UUID.
   * @throws AuthError `not_found` for an unknown, ended or another user's session.
   */
  async revoke(principal: Principal, sessionId: string, request: RequestInfo): Promise<void> {
    const { user, session: current } = principal;
    const reason = 'user_request';
    await this.database.transaction(async (transaction) => {
      await this.users.lock(user.id, transaction);
      const ended = await this.endings.revoke(
        { id: sessionId, userId: user.id },
        reason,
        this.idleTimeout,
        transaction,
      );
      if (ended === undefined) throw new AuthError('not_found', 'There is no such session.');
      if (ended.id === current.id) {
        this.forgetUnlessRemembered(ended, transaction);
        await this.audit.record(
          [{ ...referencesTo(ended), type: 'session.revoked', reason, details: {} }],
          request,
          transaction,
        );
      } else {
        await this.completeEnding([ended], principal, request, transaction);
      }
    });
  }

  /**
   * Ends all of the user's sessions but the current one, as `revoke` does.
   *
   * @returns how many were ended.
   */
  async revokeOthers(principal: Principal, request: RequestInfo): Promise<number> {
    const { user, session } = principal;
    return this.database.transaction(async (transaction) => {
      // Waits for a sign-in in progress, so that the session it opens is ended too.
      await this.users.lock(user.id, transaction);
      const ended = await this.endings.revokeAllExcept(
        user.id,
        session.id,
        'user_request',
        this.idleTimeout,
        transaction,
      );
      await this.completeEnding(ended, principal, request, transaction);
      return ended.length;
    });
  }

  /** Ends the current session. Does nothing if it has already ended. */
  async logOut({ user, session }: Principal, request: RequestInfo): Promise<void> {
    await this.endOwn({ id: session.id, user_id: user.id }, request);
  }

  /**
   * Ends the sessions of tokens, whatever their state and wherever they are presented from: it only
   * takes rights away (docs/reference/owner-or-stranger.md#signing-in-and-out).
   *
   * @param tokens as presented.
   * @param expectedId the session that the request is meant for, if it names one.
   * @throws SessionError `session_invalid` when none of them is a genuine session token;
   *   `session_changed` when another session than the expected one is live: nothing is ended then;
   *   UnavailableError (`unavailable`).
   */
  async logOutTokens(
    tokens: readonly string[],
    expectedId: string | undefined,
    request: RequestInfo,
  ): Promise<void> {
    // The signature comes before the look-up: this route has no limit, and so a stranger's made-up
    // token costs no query.
    const verified = await Promise.all(
      tokens.map((token) => this.verifier.verify('session', token, END_OF_TIME)),
    );
    const ids = verified.flatMap((token) => (token === undefined ? [] : [token.claims.id]));
    if (ids.length === 0) throw new SessionError('session_invalid', 'This session is not valid.');
    const found = await Promise.all(ids.map((id) => this.owners.findOwner(id, this.database)));
    const live = found.flatMap((session) => (session?.is_live === true ? [session.id] : []));
    refuseOtherSession(live, expectedId);

    for (const session of found) if (session !== undefined) await this.endOwn(session, request);
  }

  /**
   * Refuses what a page does for another session than the one that a token belongs to, if that is
   * live.
   *
   * @param token as presented. One that is not genuine belongs to no session, and costs no query.
   * @throws SessionError `session_changed`.
   */
  async refuseOther(token: string, expectedId: string): Promise<void> {
    const verified = await this.verifier.verify('session', token, END_OF_TIME);
    if (verified === undefined || verified.claims.id === expectedId) return;
    const session = await this.owners.findOwner(verified.claims.id, this.database);
    if (session?.is_live === true) refuseOtherSession([session.id], expectedId);
  }

  private async endOwn(
    session: Pick<UserSession, 'id' | 'user_id'>,
    request: RequestInfo,
  ): Promise<void> {
    await this.database.transaction(async (transaction) => {
      await this.users.lock(session.user_id, transaction);
      const ended = await this.endings.revokeById(session.id, 'logout', transaction);
      if (ended === undefined) return;
      this.forgetUnlessRemembered(ended, transaction);
      await this.audit.record(
        [{ ...referencesTo(ended), type: 'session.logged_out', details: {} }],
        request,
        transaction,
      );
    });
  }

  private forgetUnlessRemembered(ended: EndedSession, transaction: Transaction): void {
    const devices = devicesOf(ended);
    if (devices.length === 0 || ended.remember_device) return;
    this.devices.forget(ended.user_id, devices, null, transaction);
  }

  /** Forgets the devices of sessions that were ended from elsewhere, and records it. */
  private async completeEnding(
    ended: readonly EndedSession[],
    { user, session }: Principal,
    request: RequestInfo,
    transaction: Transaction,
  ): Promise<void> {
    if (ended.length === 0) return;
    const acting = await this.owners.findActing(session.id, transaction);
    const own = acting === undefined ? [] : devicesOf(acting);
    const devices = ended.flatMap(devicesOf).filter((device) => !own.includes(device));
    if (devices.length > 0) this.devices.forget(user.id, devices, null, transaction);
    const details = { ended_by: session.id, ended: ended.length };
    const reason = 'user_request';
    const [eventId] = await this.audit.record(
      ended.map((one) => ({ ...referencesTo(one), type: 'session.revoked', reason, details })),
      request,
      transaction,
    );
    if (eventId === undefined || acting?.is_new !== true) return;
    const kind = SESSIONS_ENDED_BY_NEW_DEVICE_MAIL;
    const keyId = this.keyRing.current.id;
    await this.outbox.enqueue({ kind, userId: user.id, eventId, keyId }, transaction);
  }

  private get idleTimeout(): number {
    return this.options.session.idleTimeoutSeconds;
  }
}
