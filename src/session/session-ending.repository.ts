import { Injectable } from '@nestjs/common';

import type { SessionRevocationReason } from '../audit/security-event';
import type { Transaction } from '../database/database.service';
import { named } from '../database/named-sql';
import { SessionCache } from './memory/session-cache.service';
import { live } from './session.repository';
import type { UserSession } from './user-session.entity';

/** A session that was ended, and whose it was. */
export type EndedSession = Pick<
  UserSession,
  'id' | 'user_id' | 'tenant_id' | 'device_id' | 'device_fingerprint' | 'remember_device'
>;

/** The sessions that a sign-in replaces. */
export interface ReplacedSessions {
  readonly userId: string;
  /** Hash of the token in the cookie, whoever's it is. */
  readonly cookieHash: string | null;
  /** Hash of the bearer token, if it is the same user's. */
  readonly bearerHash: string | null;
  /** Digests of the device's secrets: older sessions of the user on the same device end. */
  readonly secretDigests: readonly string[];
  /** The digests of those secrets in rows of the first release. */
  readonly fingerprintDigests: readonly string[];
}

/** Ends sessions before they expire. */
@Injectable()
export class SessionEndingRepository {
  constructor(private readonly cache: SessionCache) {}

  /**
   * Ends one live session of a user.
   *
   * @returns the ended session, or `undefined` when there was none.
   */
  async revoke(
    session: { readonly id: string; readonly userId: string },
    reason: SessionRevocationReason,
    idleTimeoutSeconds: number,
    transaction: Transaction,
  ): Promise<EndedSession | undefined> {
    const [ended] = await this.end(
      'session-ending.revoke',
      `id = $2 AND user_id = $3 AND ${live('$4')}`,
      [reason, session.id, session.userId, idleTimeoutSeconds],
      transaction,
    );
    return ended;
  }

  /**
   * Ends a session that has not been ended yet, also one that has expired.
   *
   * @returns the ended session, or `undefined` when there was none.
   */
  async revokeById(
    id: string,
    reason: SessionRevocationReason,
    transaction: Transaction,
  ): Promise<EndedSession | undefined> {
    const [ended] = await this.end(
      'session-ending.revokeById',
      'id = $2 AND is_active',
      [reason, id],
      transaction,
    );
    return ended;
  }

  /**
   * Ends the live sessions of a user on a device.
   *
   * @param spared hashes of the tokens of sessions that go on.
   * @returns the ended sessions.
   */
  async revokeOnDevice(
    userId: string,
    deviceId: string,
    spared: readonly (string | null)[],
    reason: SessionRevocationReason,
    transaction: Transaction,
  ): Promise<EndedSession[]> {
    return this.end(
      'session-ending.revokeOnDevice',
      `user_id = $2 AND device_id = $3 AND session_token_hash <> ALL ($4)
         AND is_active AND expires_at > now()`,
      [reason, userId, deviceId, spared.filter((hash) => hash !== null)],
      transaction,
    );
  }

  /**
   * Ends the live sessions that a sign-in takes the place of
   * (docs/reference/owner-or-stranger.md#signing-in-and-out).
   *
   * @returns the ids of the ended sessions.
   */
  async replace(
    { userId, cookieHash, bearerHash, secretDigests, fingerprintDigests }: ReplacedSessions,
    transaction: Transaction,
  ): Promise<string[]> {
    const ended = await this.end(
      'session-ending.replace',
      `is_active AND expires_at > now()
         AND (session_token_hash = $2
              OR (user_id = $4
                  AND (session_token_hash = $3 OR device_secret = ANY ($5)
                       OR device_fingerprint = ANY ($6) AND device_kind IS NULL)))`,
      ['replaced', cookieHash, bearerHash, userId, secretDigests, fingerprintDigests],
      transaction,
    );
    return ended.map(({ id }) => id);
  }

  /**
   * Ends all live sessions of a user but one.
   *
   * @param exceptId the session to keep; `null` to end all.
   * @returns the ended sessions.
   */
  async revokeAllExcept(
    userId: string,
    exceptId: string | null,
    reason: SessionRevocationReason,
    idleTimeoutSeconds: number,
    transaction: Transaction,
  ): Promise<EndedSession[]> {
    return this.end(
      'session-ending.revokeAllExcept',
      `user_id = $2 AND id IS DISTINCT FROM $3::uuid AND ${live('$4')}`,
      [reason, userId, exceptId, idleTimeoutSeconds],
      transaction,
    );
  }

  /**
   * Ends the oldest live sessions of a user so that at most `keep` are left. The caller has locked
   * the user's row.
   *
   * @returns the ids of the ended sessions.
   */
  async revokeOldest(
    userId: string,
    keep: number,
    idleTimeoutSeconds: number,
    transaction: Transaction,
  ): Promise<string[]> {
    const ended = await this.end(
      'session-ending.revokeOldest',
      `id IN (SELECT id FROM user_sessions
               WHERE user_id = $2 AND ${live('$4')}
               ORDER BY created_at DESC, id DESC OFFSET $3)`,
      ['session_cap' satisfies SessionRevocationReason, userId, keep, idleTimeoutSeconds],
      transaction,
    );
    return ended.map(({ id }) => id);
  }

  /**
   * Ends sessions, and drops them from this process's cache before the caller gets its answer.
   * Other instances learn of it by notification (invariant I9); this one must not wait for that.
   *
   * @param name of the SQL statement.
   * @param condition of the rows to end, in SQL. Its parameters begin at `$2`: `$1` is the reason.
   */
  private async end(
    name: string,
    condition: string,
    parameters: [reason: SessionRevocationReason, ...unknown[]],
    transaction: Transaction,
  ): Promise<EndedSession[]> {
    const ended = await transaction.query<EndedSession & { session_token_hash: string }>(
      named(
        name,
        `UPDATE user_sessions SET is_active = false, revoked_at = now(), revoked_reason = $1
          WHERE ${condition} 
         RETURNING id, user_id, tenant_id, device_id, device_fingerprint, remember_device,
                   session_token_hash`,
      ),
      parameters,
    );
    const tokenHashes = new Set(ended.map((session) => session.session_token_hash));
    transaction.afterwards(() => this.cache.forget({ tokenHashes, userIds: new Set() }));
    return ended;
  }
}
