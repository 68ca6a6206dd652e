import { Injectable } from '@nestjs/common';

import type { Transaction } from '../../database/database.service';
import { named } from '../../database/named-sql';

/** The longest lockout is a day. After this long without a try, counting starts again. */
const LOCKOUT_RETENTION_SECONDS = 30 * 24 * 60 * 60;

/**
 * Deletes unused links that have expired, wrong-code counts that have not changed for long, and
 * pauses that are over.
 */
@Injectable()
export class MagicLinkRetentionRepository {
  /**
   * Deletes unused links and their mails, those that expired first. Keeps links whose mail is still
   * pending (invariant I7). Used links are deleted with their sessions. Rows that another
   * transaction has locked are left for later.
   *
   * @param retentionSeconds how long a link is kept after it has expired.
   * @param limit the most links to delete.
   * @returns how many were deleted.
   */
  async deleteUnused(
    retentionSeconds: number,
    limit: number,
    transaction: Transaction,
  ): Promise<number> {
    // ARRAY for both lists: rows are found by index, however many the planner expects.
    return transaction.modify(
      named(
        'magic-link-retention.deleteUnused',
        `DELETE FROM magic_links
          WHERE id = ANY (ARRAY(
                  SELECT id FROM magic_links link
                   WHERE NOT is_used
                     AND expires_at < now() - make_interval(secs => $1)
                     AND 'pending' <> ALL (ARRAY(SELECT state FROM mail_outbox
                                                  WHERE magic_link_id = link.id))
                   ORDER BY expires_at
                   LIMIT $2
                     FOR UPDATE SKIP LOCKED))`,
      ),
      [retentionSeconds, limit],
    );
  }

  /**
   * Deletes the wrong-code counts that lock no address and have not changed for 30 days.
   *
   * @param limit the most counts to delete.
   * @returns how many were deleted.
   */
  async deleteIdleLockouts(limit: number, transaction: Transaction): Promise<number> {
    return transaction.modify(
      named(
        'magic-link-retention.deleteIdleLockouts',
        `DELETE FROM code_lockouts
          WHERE key = ANY (ARRAY(
                  SELECT key FROM code_lockouts
                   WHERE updated_at < now() - make_interval(secs => $1)
                     AND coalesce(locked_until <= now(), true)
                   ORDER BY updated_at
                   LIMIT $2
                     FOR UPDATE SKIP LOCKED))`,
      ),
      [LOCKOUT_RETENTION_SECONDS, limit],
    );
  }

  /** @returns how many pauses were deleted that ended a day ago: a later report begins anew. */
  async deleteEndedPauses(limit: number, transaction: Transaction): Promise<number> {
    return transaction.modify(
      named(
        'magic-link-retention.deleteEndedPauses',
        `DELETE FROM mail_pauses
          WHERE (mailbox, network) IN (SELECT mailbox, network FROM mail_pauses
                                        WHERE paused_until < now() - interval '1 day'
                                        ORDER BY paused_until
                                        LIMIT $1
                                          FOR UPDATE SKIP LOCKED)`,
      ),
      [limit],
    );
  }
}
