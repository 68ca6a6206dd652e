import { Injectable } from '@nestjs/common';

import type { SessionRevocationReason } from '../audit/security-event';
import type { Queryable, Transaction } from '../database/database';
import type { UserSession } from './user-session.entity';

/** A session with what the guard needs of its user, at one moment of the database's clock. */
export type SessionWithUserRow = UserSession & {
  readonly now: Date;
  readonly email: string;
  readonly email_verified: boolean;
  readonly user_created_at: Date;
  readonly last_login_at: Date | null;
  /** The user is neither disabled nor locked. */
  readonly user_may_act: boolean;
};

export type NewSessionRow = Pick<
  UserSession,
  | 'id'
  | 'user_id'
  | 'session_token_hash'
  | 'ip_address'
  | 'user_agent'
  | 'device_fingerprint'
  | 'device_name'
  | 'auth_method'
  | 'remember_device'
  | 'created_at'
  | 'expires_at'
  | 'tenant_id'
  | 'magic_link_id'
  | 'key_id'
>;

@Injectable()
export class SessionRepository {
  async insert(row: NewSessionRow, transaction: Transaction): Promise<void> {
    await transaction.query(
      `INSERT INTO user_sessions
              (id, user_id, session_token_hash, ip_address, user_agent, device_fingerprint,
               device_name, auth_method, remember_device, created_at, last_accessed_at,
               expires_at, tenant_id, magic_link_id, key_id)
       VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $10, $11, $12, $13, $14)`,
      [
        row.id,
        row.user_id,
        row.session_token_hash,
        row.ip_address,
        row.user_agent,
        row.device_fingerprint,
        row.device_name,
        row.auth_method,
        row.remember_device,
        row.created_at,
        row.expires_at,
        row.tenant_id,
        row.magic_link_id,
        row.key_id,
      ],
    );
  }

  /** Finds a session by its token's hash, whatever its state: one indexed join. */
  async findByTokenHash(
    tokenHash: string,
    queryable: Queryable,
  ): Promise<SessionWithUserRow | undefined> {
    const [row] = await queryable.query<SessionWithUserRow>(
      `SELECT session.*, host(session.ip_address) AS ip_address, now() AS now,
              account.email, account.email_verified,
              account.created_at AS user_created_at, account.last_login_at,
              account.is_active
                AND coalesce(account.account_locked_until <= now(), true) AS user_may_act
         FROM user_sessions session
         JOIN users account ON account.id = session.user_id
        WHERE session.session_token_hash = $1`,
      [tokenHash],
    );
    return row;
  }

  /**
   * The live sessions of a user, newest first.
   *
   * @param idleTimeoutSeconds `0` when sessions don't end by idling.
   */
  async listLive(
    userId: string,
    idleTimeoutSeconds: number,
    queryable: Queryable,
  ): Promise<UserSession[]> {
    return queryable.query<UserSession>(
      `SELECT *, host(ip_address) AS ip_address FROM user_sessions
        WHERE user_id = $1 AND ${live('$2')}
        ORDER BY created_at DESC, id`,
      [userId, idleTimeoutSeconds],
    );
  }

  /**
   * Whether a user has had a session on this device before: known by its fingerprint or, without
   * one, by the same user agent.
   *
   * @param fingerprintDigests those that a stored digest may equal.
   */
  async isKnownDevice(
    userId: string,
    { userAgent, fingerprintDigests }: { userAgent: string; fingerprintDigests: string[] },
    queryable: Queryable,
  ): Promise<boolean> {
    const rows = await queryable.query(
      `SELECT FROM user_sessions
        WHERE user_id = $1 AND (user_agent = $2 OR device_fingerprint = ANY ($3)) LIMIT 1`,
      [userId, userAgent, fingerprintDigests],
    );
    return rows.length > 0;
  }

  /**
   * Ends one live session of a user.
   *
   * @returns whether there was such a session.
   */
  async revoke(
    session: { readonly id: string; readonly userId: string },
    reason: SessionRevocationReason,
    idleTimeoutSeconds: number,
    transaction: Transaction,
  ): Promise<boolean> {
    const rows = await transaction.query(
      `UPDATE user_sessions SET is_active = false, revoked_at = now(), revoked_reason = $3
        WHERE id = $1 AND user_id = $2 AND ${live('$4')} RETURNING id`,
      [session.id, session.userId, reason, idleTimeoutSeconds],
    );
    return rows.length === 1;
  }

  /**
   * Ends the session that came of a link, if it is live.
   *
   * @returns whose it was.
   */
  async revokeByMagicLink(
    magicLinkId: string,
    reason: SessionRevocationReason,
    transaction: Transaction,
  ): Promise<Pick<UserSession, 'id' | 'user_id' | 'tenant_id'> | undefined> {
    const [row] = await transaction.query<UserSession>(
      `UPDATE user_sessions SET is_active = false, revoked_at = now(), revoked_reason = $2
        WHERE magic_link_id = $1 AND is_active RETURNING id, user_id, tenant_id`,
      [magicLinkId, reason],
    );
    return row;
  }

  /**
   * Ends all live sessions of a user but one.
   *
   * @param exceptId `null` to end all.
   * @returns the ids of what was ended.
   */
  async revokeAllExcept(
    userId: string,
    exceptId: string | null,
    reason: SessionRevocationReason,
    idleTimeoutSeconds: number,
    transaction: Transaction,
  ): Promise<string[]> {
    const rows = await transaction.query<{ id: string }>(
      `UPDATE user_sessions SET is_active = false, revoked_at = now(), revoked_reason = $3
        WHERE user_id = $1 AND id IS DISTINCT FROM $2::uuid AND ${live('$4')} RETURNING id`,
      [userId, exceptId, reason, idleTimeoutSeconds],
    );
    return rows.map(({ id }) => id);
  }

  /**
   * Ends the oldest live sessions of a user so that at most `keep` are left. The caller holds the
   * user's row.
   *
   * @returns the ids of what was ended.
   */
  async revokeOldest(
    userId: string,
    keep: number,
    idleTimeoutSeconds: number,
    transaction: Transaction,
  ): Promise<string[]> {
    const rows = await transaction.query<{ id: string }>(
      `UPDATE user_sessions SET is_active = false, revoked_at = now(), revoked_reason = $3
        WHERE id IN (SELECT id FROM user_sessions
                      WHERE user_id = $1 AND ${live('$4')}
                      ORDER BY created_at DESC, id OFFSET $2)
       RETURNING id`,
      [userId, keep, 'session_cap' satisfies SessionRevocationReason, idleTimeoutSeconds],
    );
    return rows.map(({ id }) => id);
  }

  /** Notes that a session was used, unless that was noted within the last `graceSeconds`. */
  async touch(id: string, graceSeconds: number, queryable: Queryable): Promise<void> {
    await queryable.query(
      `UPDATE user_sessions SET last_accessed_at = now()
        WHERE id = $1 AND is_active AND last_accessed_at < now() - make_interval(secs => $2)
       RETURNING id`,
      [id, graceSeconds],
    );
  }
}

/** The condition under which a row is a live session, the idle time-out given as a parameter. */
function live(idleTimeoutParameter: string): string {
  return `is_active AND expires_at > now()
          AND (${idleTimeoutParameter}::integer = 0
               OR last_accessed_at > now() - make_interval(secs => ${idleTimeoutParameter}::integer))`;
}
