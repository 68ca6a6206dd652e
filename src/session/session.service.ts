import { Inject, Injectable } from '@nestjs/common';

import { AuditRecorder } from '../audit/audit-recorder.service';
import { AuthError } from '../common/errors';
import { RESOLVED_OPTIONS, type ResolvedAuthOptions } from '../config/resolved-options';
import type { RequestInfo } from '../context/request-context';
import { Database, type Transaction } from '../database/database.service';
import { UserRepository } from '../users/user.repository';
import { toPrincipalSession } from './memory/cached-session';
import type { Principal, PrincipalSession } from './principal';
import { SessionRepository } from './session.repository';
import { SessionEndingRepository } from './session-ending.repository';

/** Lists and ends the sessions of a user. */
@Injectable()
export class SessionService {
  constructor(
    private readonly database: Database,
    private readonly repository: SessionRepository,
    private readonly endings: SessionEndingRepository,
    private readonly users: UserRepository,
    private readonly audit: AuditRecorder,
    @Inject(RESOLVED_OPTIONS) private readonly options: Pick<ResolvedAuthOptions, 'session'>,
  ) {}

  /** The live sessions of the principal's user, newest first. */
  async list({ user }: Principal): Promise<PrincipalSession[]> {
    const rows = await this.repository.listLive(user.id, this.idleTimeout, this.database);
    return rows.map(toPrincipalSession);
  }

  /**
   * Ends one of the user's sessions.
   *
   * @param sessionId a UUID.
   * @throws AuthError `not_found` for an unknown, ended or another user's session.
   */
  async revoke({ user }: Principal, sessionId: string, request: RequestInfo): Promise<void> {
    const reason = 'user_request';
    await this.database.transaction(async (transaction) => {
      const session = { id: sessionId, userId: user.id };
      if (!(await this.endings.revoke(session, reason, this.idleTimeout, transaction))) {
        throw new AuthError('not_found', 'There is no such session.');
      }

      const about = { tenantId: user.tenantId, userId: user.id, sessionId };
      await this.audit.record(
        [{ ...about, type: 'session.revoked', reason, details: {} }],
        request,
        transaction,
      );
    });
  }

  /**
   * Ends all of the user's sessions but the current one.
   *
   * @returns how many were ended.
   */
  async revokeOthers({ user, session }: Principal, request: RequestInfo): Promise<number> {
    const reason = 'user_request';
    return this.database.transaction(async (transaction) => {
      // Waits for a sign-in in progress, so that the session it opens is ended too.
      await this.users.lock(user.id, transaction);
      const ended = await this.endings.revokeAllExcept(
        user.id,
        session.id,
        reason,
        this.idleTimeout,
        transaction,
      );
      await this.audit.record(
        ended.map((sessionId) => ({
          tenantId: user.tenantId,
          userId: user.id,
          sessionId,
          type: 'session.revoked',
          reason,
          details: {},
        })),
        request,
        transaction,
      );
      return ended.length;
    });
  }

  /**
   * Ends the session of a link that its owner did not ask for. Also removes its IP address and
   * device from the user's known places.
   */
  async endReported(
    magicLinkId: string,
    request: RequestInfo,
    transaction: Transaction,
  ): Promise<void> {
    const reason = 'reported';
    const opened = await this.repository.findPlaceByMagicLink(magicLinkId, transaction);
    if (opened !== undefined) {
      const place = { ipAddress: opened.ip_address, deviceId: opened.device_fingerprint };
      this.users.forgetPlace(opened.user_id, place, transaction);
    }
    const ended = await this.endings.revokeByMagicLink(magicLinkId, reason, transaction);
    if (ended === undefined) return;
    const about = { tenantId: ended.tenant_id, userId: ended.user_id, sessionId: ended.id };
    await this.audit.record(
      [{ ...about, magicLinkId, type: 'session.revoked', reason, details: {} }],
      request,
      transaction,
    );
  }

  /** Ends the current session. Does nothing if it has already ended. */
  async logOut({ user, session }: Principal, request: RequestInfo): Promise<void> {
    await this.database.transaction(async (transaction) => {
      const own = { id: session.id, userId: user.id };
      if (!(await this.endings.revoke(own, 'logout', this.idleTimeout, transaction))) return;
      const about = { tenantId: user.tenantId, userId: user.id, sessionId: session.id };
      await this.audit.record(
        [{ ...about, type: 'session.logged_out', details: {} }],
        request,
        transaction,
      );
    });
  }

  private get idleTimeout(): number {
    return this.options.session.idleTimeoutSeconds;
  }
}
