import { Injectable } from '@nestjs/common';

import type { Queryable, Transaction } from '../database/database.service';
import { named } from '../database/named-sql';
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

/** A session with those columns of its user that the guard needs. */
export type SessionWithUserRow = Omit<
  UserSession,
  'session_token_hash' | 'magic_link_id' | 'revoked_at' | 'revoked_reason'
> & {
  /** The current time by the database's clock. */
  readonly now: Date;
  readonly email: string;
  readonly email_verified: boolean;
  readonly user_created_at: Date;
  readonly last_login_at: Date | null;
  /** The user is neither disabled nor locked. */
  readonly user_may_act: boolean;
};

/** Where a session was opened, and whose it is. */
type SessionPlace = Pick<UserSession, 'user_id' | 'ip_address' | 'device_fingerprint'>;

/** The SQL condition for a live session. The parameter holds the idle time-out in seconds. */
export function live(idleTimeoutParameter: string): string {
  return `is_active AND expires_at > now()
          AND (${idleTimeoutParameter}::integer = 0
               OR last_accessed_at > now() - make_interval(secs => ${idleTimeoutParameter}::integer))`;
}

/** Inserts and finds sessions, and records when they were used. */
@Injectable()
export class SessionRepository {
  insert(row: NewSessionRow, transaction: Transaction): void {
    transaction.execute(
      named(
        'session.insert',
        `INSERT INTO user_sessions
                (id, user_id, session_token_hash, ip_address, user_agent, device_fingerprint,
                 device_name, auth_method, remember_device, created_at, last_accessed_at,
                 expires_at, tenant_id, magic_link_id, key_id)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $10, $11, $12, $13, $14)`,
      ),
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
      named(
        'session.findByTokenHash',
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
      ),
      [tokenHash],
    );
    return row;
  }

  /**
   * The live sessions of a user, newest first.
   *
   * @param idleTimeoutSeconds `0` when sessions do not idle out.
   */
  async listLive(
    userId: string,
    idleTimeoutSeconds: number,
    queryable: Queryable,
  ): Promise<UserSession[]> {
    return queryable.query<UserSession>(
      named(
        'session.listLive',
        `SELECT *, host(ip_address) AS ip_address FROM user_sessions
          WHERE user_id = $1 AND ${live('$2')}
          ORDER BY created_at DESC, id DESC`,
      ),
      [userId, idleTimeoutSeconds],
    );
  }

  /**
   * Whether a user has had a session on this device before: one with the same user agent or the
   * same fingerprint.
   *
   * @param fingerprintDigests of the device's fingerprint, one for each master key.
   */
  async isKnownDevice(
    userId: string,
    { userAgent, fingerprintDigests }: { userAgent: string; fingerprintDigests: string[] },
    queryable: Queryable,
  ): Promise<boolean> {
    const rows = await queryable.query(
      named(
        'session.isKnownDevice',
        `SELECT FROM user_sessions
          WHERE user_id = $1 AND (user_agent = $2 OR device_fingerprint = ANY ($3)) LIMIT 1`,
      ),
      [userId, userAgent, fingerprintDigests],
    );
    return rows.length > 0;
  }

  /** Finds out where the session of a link was opened, whether or not it has ended. */
  async findPlaceByMagicLink(
    magicLinkId: string,
    queryable: Queryable,
  ): Promise<SessionPlace | undefined> {
    const [row] = await queryable.query<SessionPlace>(
      named(
        'session.findPlaceByMagicLink',
        `SELECT user_id, host(ip_address) AS ip_address, device_fingerprint
           FROM user_sessions WHERE magic_link_id = $1`,
      ),
      [magicLinkId],
    );
    return row;
  }

  /**
   * Writes when sessions were used. Locked rows are skipped: they are being ended, or updated by
   * another instance.
   *
   * @param uses session id to Unix milliseconds by the database's clock.
   */
  async recordLastUses(uses: ReadonlyMap<string, number>, queryable: Queryable): Promise<void> {
    await queryable.query(
      named(
        'session.recordLastUses',
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
      ),
      [[...uses.keys()], [...uses.values()]],
    );
  }
}
