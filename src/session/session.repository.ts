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
  | 'device_kind'
  | 'device_secret'
  | 'device_id'
  | 'device_was_known'
>;

/** A session with those columns of its user that the guard needs. */
export type SessionWithUserRow = Omit<
  UserSession,
  | 'session_token_hash'
  | 'magic_link_id'
  | 'revoked_at'
  | 'revoked_reason'
  | 'device_was_known'
  | 'network_changed_at'
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

/** The session of a link, and where it was opened. */
export type ReportedSession = Pick<
  UserSession,
  | 'id'
  | 'user_id'
  | 'tenant_id'
  | 'session_token_hash'
  | 'ip_address'
  | 'device_id'
  | 'device_fingerprint'
  | 'device_was_known'
>;

/** What a mail about a session needs of it. */
export type MailedSession = Pick<UserSession, 'id' | 'user_agent' | 'created_at' | 'key_id'>;

/** The SQL condition for a live session. The parameter holds the idle time-out in seconds. */
export function live(idleTimeoutParameter: string): string {
  return `is_active AND expires_at > now()
          AND (${idleTimeoutParameter}::integer = 0
               OR last_accessed_at > now() - make_interval(secs => ${idleTimeoutParameter}::integer))`;
}

/** Inserts and finds sessions. */
@Injectable()
export class SessionRepository {
  insert(row: NewSessionRow, transaction: Transaction): void {
    transaction.execute(
      named(
        'session.insert',
        `INSERT INTO user_sessions
                (id, user_id, session_token_hash, ip_address, user_agent, device_fingerprint,
                 device_name, auth_method, remember_device, created_at, last_accessed_at,
                 expires_at, tenant_id, magic_link_id, key_id, device_kind, device_secret,
                 device_id, device_was_known, last_ip_address, last_user_agent)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $10, $11, $12, $13, $14, $15, $16, $17,
                 $18, $4, $5)`,
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
        row.device_kind,
        row.device_secret,
        row.device_id,
        row.device_was_known,
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
                session.device_kind, session.device_secret, session.device_id,
                host(session.last_ip_address) AS last_ip_address, session.last_user_agent,
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
        `SELECT *, host(ip_address) AS ip_address, host(last_ip_address) AS last_ip_address
           FROM user_sessions
          WHERE user_id = $1 AND ${live('$2')}
          ORDER BY created_at DESC, id DESC`,
      ),
      [userId, idleTimeoutSeconds],
    );
  }

  /** The user agents of a user's sessions, those of the newest sessions first. */
  async userAgents(userId: string, queryable: Queryable): Promise<string[]> {
    const rows = await queryable.query<{ user_agent: string }>(
      named(
        'session.userAgents',
        `SELECT user_agent FROM user_sessions WHERE user_id = $1
          ORDER BY created_at DESC LIMIT 100`,
      ),
      [userId],
    );
    return rows.map((row) => row.user_agent);
  }

  /** Finds the session that was opened with a link, whether or not it has ended. */
  async findByMagicLink(
    magicLinkId: string,
    queryable: Queryable,
  ): Promise<ReportedSession | undefined> {
    return this.findReported('session.findByMagicLink', 'magic_link_id', magicLinkId, queryable);
  }

  /** Finds a session by its id, whether or not it has ended. */
  async findById(id: string, queryable: Queryable): Promise<ReportedSession | undefined> {
    return this.findReported('session.findById', 'id', id, queryable);
  }

  private async findReported(
    name: string,
    column: 'id' | 'magic_link_id',
    value: string,
    queryable: Queryable,
  ): Promise<ReportedSession | undefined> {
    const [row] = await queryable.query<ReportedSession>(
      named(
        name,
        `SELECT id, user_id, tenant_id, session_token_hash, host(ip_address) AS ip_address, device_id,
                device_fingerprint, device_was_known
           FROM user_sessions WHERE ${column} = $1`,
      ),
      [value],
    );
    return row;
  }

  /** What a mail about a session needs of it. */
  async findForMail(id: string, queryable: Queryable): Promise<MailedSession | undefined> {
    const [row] = await queryable.query<MailedSession>(
      named(
        'session.findForMail',
        'SELECT id, user_agent, created_at, key_id FROM user_sessions WHERE id = $1',
      ),
      [id],
    );
    return row;
  }
}
