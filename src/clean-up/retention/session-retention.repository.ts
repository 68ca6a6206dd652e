import { Injectable } from '@nestjs/common';

import type { Transaction } from '../../database/database.service';
import { named } from '../../database/named-sql';

/** How many rows were deleted. */
export interface DeletedSessions {
  readonly sessions: number;
  /** The links that the sessions were opened with. */
  readonly magic_links: number;
}

/** Instances need a revocation for a second only; the rest of the hour is for people who debug. */
const REVOCATION_RETENTION_SECONDS = 60 * 60;

/**
 * Deletes sessions that expired long ago, devices that are no longer known, and revocations that all
 * instances have read.
 */
@Injectable()
export class SessionRetentionRepository {
  /**
   * Deletes the sessions that expired first, each together with the link that it was opened with: a
   * stored link is used if and only if a session names it (invariant I2). While the link's mail is
   * pending, both are kept (invariant I7).
   *
   * Never waits for a lock: if another transaction has locked either row, both are left for later.
   *
   * @param retentionSeconds how long a session is kept after it has expired.
   * @param limit the most sessions to delete.
   */
  async deleteExpired(
    retentionSeconds: number,
    limit: number,
    transaction: Transaction,
  ): Promise<DeletedSessions> {
    // ARRAY instead of IN for the lists: rows are found by index and locked once, however many the
    // planner expects.
    const row = await transaction.queryOne<DeletedSessions>(
      named(
        'session-retention.deleteExpired',
        `WITH expired AS MATERIALIZED (
           SELECT id, magic_link_id FROM user_sessions
            WHERE expires_at < now() - make_interval(secs => $1)
            ORDER BY expires_at
            LIMIT $2
              FOR UPDATE SKIP LOCKED
         ), free_link AS MATERIALIZED (
           SELECT id FROM magic_links link
            WHERE id = ANY (ARRAY(SELECT magic_link_id FROM expired))
              AND 'pending' <> ALL (ARRAY(SELECT state FROM mail_outbox WHERE magic_link_id = link.id))
              FOR UPDATE SKIP LOCKED
         ), gone AS (
           DELETE FROM user_sessions
            WHERE id = ANY (ARRAY(SELECT id FROM expired
                                   WHERE magic_link_id IS NULL
                                      OR magic_link_id IN (SELECT id FROM free_link)))
           RETURNING magic_link_id
         ), gone_link AS (
           DELETE FROM magic_links
            WHERE id = ANY (ARRAY(SELECT magic_link_id FROM gone))
           RETURNING 1
         )
         SELECT (SELECT count(*) FROM gone)::integer AS sessions,
                (SELECT count(*) FROM gone_link)::integer AS magic_links`,
      ),
      [retentionSeconds, limit],
    );
    return row;
  }

  /**
   * Deletes devices that are no longer known, because nobody has used them for long.
   *
   * @param retentionSeconds how long an unused device is known.
   * @param limit the most devices to delete.
   * @returns how many were deleted.
   */
  async deleteUnusedDevices(
    retentionSeconds: number,
    limit: number,
    transaction: Transaction,
  ): Promise<number> {
    return transaction.modify(
      named(
        'session-retention.deleteUnusedDevices',
        `DELETE FROM devices
          WHERE id = ANY (ARRAY(SELECT id FROM devices
                                 WHERE last_seen_at < now() - make_interval(secs => $1)
                                 ORDER BY last_seen_at
                                 LIMIT $2
                                   FOR UPDATE SKIP LOCKED))`,
      ),
      [retentionSeconds, limit],
    );
  }

  /**
   * Takes a snapshot of the revocations that are visible now. They may be deleted once every
   * instance has read them, which is when the longest lease has passed. Age alone is not enough: a
   * transaction that took an hour commits a revocation that is old, but that nobody has read.
   *
   * @returns the snapshot, or `undefined` when no revocation is an hour old.
   */
  async revocationsSnapshot(transaction: Transaction): Promise<string | undefined> {
    const row = await transaction.queryOne<{ snapshot: string; is_due: boolean | null }>(
      named(
        'session-retention.revocationsSnapshot',
        `SELECT pg_current_snapshot()::text AS snapshot,
                (SELECT revoked_at < now() - make_interval(secs => $1)
                   FROM session_revocations ORDER BY seq LIMIT 1) AS is_due`,
      ),
      [REVOCATION_RETENTION_SECONDS],
    );
    return row.is_due === true ? row.snapshot : undefined;
  }

  /**
   * Deletes the oldest revocations that are at least an hour old and in the snapshot. Rows restored
   * from another server's backup may have transaction ids that this server has not reached yet;
   * they are deleted too, because no instance reads them.
   *
   * @param snapshot from `revocationsSnapshot`, taken at least two seconds ago.
   * @param limit the most revocations to delete.
   * @returns how many were deleted.
   */
  async deleteRevocations(
    snapshot: string,
    limit: number,
    transaction: Transaction,
  ): Promise<number> {
    // No SKIP LOCKED: the service's role may not lock these rows, and nobody else locks them.
    return transaction.modify(
      named(
        'session-retention.deleteRevocations',
        `DELETE FROM session_revocations
          WHERE seq = ANY (ARRAY(
                  SELECT seq FROM session_revocations
                   WHERE revoked_at < now() - make_interval(secs => $1)
                     AND (pg_visible_in_snapshot(xact, $2::pg_snapshot)
                          OR xact >= pg_snapshot_xmax(pg_current_snapshot()))
                   ORDER BY seq
                   LIMIT $3))`,
      ),
      [REVOCATION_RETENTION_SECONDS, snapshot, limit],
    );
  }
}
