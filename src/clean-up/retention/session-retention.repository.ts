import { Injectable } from '@nestjs/common';

import type { Transaction } from '../../database/database.service';
import { named } from '../../database/named-sql';

/** How many rows were deleted. */
export interface DeletedSessions {
  readonly sessions: number;
  /** The links that the sessions came of. */
  readonly magic_links: number;
}

/** What was revoked is of use for a second; the rest of the hour is for people who look. */
const REVOCATION_RETENTION_SECONDS = 60 * 60;

/** Deletes sessions that have ended long ago, and the news of revocations that all have heard. */
@Injectable()
export class SessionRetentionRepository {
  /**
   * Deletes the sessions that expired first, each together with the used link that it came of: a
   * link that stands is used if and only if a session names it (invariant I2). A link whose mail
   * has not come to its end keeps its session (invariant I7).
   *
   * It waits for nobody: what another transaction holds is left for later, link and session both.
   *
   * @param retentionSeconds how long a session stands after it has expired.
   * @param limit sessions that are deleted at most.
   */
  async deleteExpired(
    retentionSeconds: number,
    limit: number,
    transaction: Transaction,
  ): Promise<DeletedSessions> {
    // Lists by ARRAY and not by IN: however many rows the planner expects, they are found by
    // index, and locked once.
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
   * Notes which revocations can be seen now. Those may be deleted once every instance has looked
   * at them, which is when the longest lease has passed: a transaction that took an hour announces
   * an old revocation that nobody has seen.
   *
   * @returns a snapshot, or `undefined` when no revocation is an hour old.
   */
  async seeRevocations(transaction: Transaction): Promise<string | undefined> {
    const row = await transaction.queryOne<{ snapshot: string; is_due: boolean | null }>(
      named(
        'session-retention.seeRevocations',
        `SELECT pg_current_snapshot()::text AS snapshot,
                (SELECT revoked_at < now() - make_interval(secs => $1)
                   FROM session_revocations ORDER BY seq LIMIT 1) AS is_due`,
      ),
      [REVOCATION_RETENTION_SECONDS],
    );
    return row.is_due === true ? row.snapshot : undefined;
  }

  /**
   * Deletes the oldest revocations that have stood for an hour. Those that were restored from
   * another server's backup may bear numbers that are yet to come; nobody waits for them.
   *
   * @param seen what `seeRevocations` returned, two seconds ago or earlier.
   * @param limit revocations that are deleted at most.
   * @returns how many were deleted.
   */
  async deleteRevocations(seen: string, limit: number, transaction: Transaction): Promise<number> {
    // The service's role may lock none of these rows, and nobody else does.
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
      [REVOCATION_RETENTION_SECONDS, seen, limit],
    );
  }
}
