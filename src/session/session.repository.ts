import { Injectable } from '@nestjs/common';

import type { SessionRevocationReason } from '../audit/security-event';
import type { Queryable, Transaction } from '../database/database';
import { SessionCache } from './session-cache';
import type { SessionWithUserRow } from './session-with-user-row';
import type { UserSession } from './user-session.entity';

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

/** Whose session was ended. */
type EndedSession = Pick<UserSession, 'id' | 'user_id' | 'tenant_id'>;

@Injectable()
export class SessionRepository {
  constructor(private readonly cache: SessionCache) {}

  insert(row: NewSessionRow, transaction: Transaction): void {
    transaction.execute(
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
      `SELECT session.id, session.user_id, session.tenant_id, session.key_id,
              host(session.ip_address) AS ip_address, session.user_agent,
              session.device_fingerprint, session.device_name, session.auth_method,
              session.remember_device, session.is_active, session.created_at,
              session.last_accessed_at, session.expires_at, now() AS now,
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
    const ended = await this.end(
      `id = $2 AND user_id = $3 AND ${live('$4')}`,
      [reason, session.id, session.userId, idleTimeoutSeconds],
      transaction,
    );
    return ended.length === 1;
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
  ): Promise<EndedSession | undefined> {
    const [ended] = await this.end(
      'magic_link_id = $2 AND is_active',
      [reason, magicLinkId],
      transaction,
    );
    return ended;
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
    const ended = await this.end(
      `user_id = $2 AND id IS DISTINCT FROM $3::uuid AND ${live('$4')}`,
      [reason, userId, exceptId, idleTimeoutSeconds],
      transaction,
    );
    return ended.map(({ id }) => id);
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
    const ended = await this.end(
      `id IN (SELECT id FROM user_sessions
               WHERE user_id = $2 AND ${live('$4')}
               ORDER BY created_at DESC, id OFFSET $3)`,
      ['session_cap' satisfies SessionRevocationReason, userId, keep, idleTimeoutSeconds],
      transaction,
    );
    return ended.map(({ id }) => id);
  }

  /**
   * Writes down when sessions were used. Rows that somebody holds are left: they are being ended,
   * or touched by another instance.
   *
   * @param uses session id to Unix milliseconds by the database's clock.
   */
  async touch(uses: ReadonlyMap<string, number>, queryable: Queryable): Promise<void> {
    await queryable.query(
      `WITH used AS (
         SELECT session.id, least(to_timestamp(given.milliseconds / 1000), now()) AS at
           FROM unnest($1::uuid[], $2::float8[]) AS given (id, milliseconds)
           JOIN user_sessions session USING (id)
          WHERE session.is_active
            FOR NO KEY UPDATE OF session SKIP LOCKED
       )
       UPDATE user_sessions session SET last_accessed_at = used.at
         FROM used
        WHERE session.id = used.id AND session.last_accessed_at < used.at`,
      [[...uses.keys()], [...uses.values()]],
    );
  }

  /**
   * Ends sessions, and has this process forget them before whoever ended them is answered: other
   * instances hear of it (invariant I9), this one must not wait.
   *
   * @param condition the reason is its parameter `$1`.
   */
  private async end(
    condition: string,
    parameters: [reason: SessionRevocationReason, ...unknown[]],
    transaction: Transaction,
  ): Promise<EndedSession[]> {
    const ended = await transaction.query<EndedSession & { session_token_hash: string }>(
      `UPDATE user_sessions SET is_active = false, revoked_at = now(), revoked_reason = $1
        WHERE ${condition} RETURNING id, user_id, tenant_id, session_token_hash`,
      parameters,
    );
    const tokenHashes = new Set(ended.map((session) => session.session_token_hash));
    transaction.afterwards(() => this.cache.forget({ tokenHashes, userIds: new Set() }));
    return ended;
  }
}

/** The condition under which a row is a live session, the idle time-out given as a parameter. */
function live(idleTimeoutParameter: string): string {
  return `is_active AND expires_at > now()
          AND (${idleTimeoutParameter}::integer = 0
               OR last_accessed_at > now() - make_interval(secs => ${idleTimeoutParameter}::integer))`;
}
