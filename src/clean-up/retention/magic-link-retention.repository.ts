import { Injectable } from '@nestjs/common';

import type { Transaction } from '../../database/database.service';
import { named } from '../../database/named-sql';

/** The longest lock is a day; who tries no code for so long begins anew. */
const LOCKOUT_RETENTION_SECONDS = 30 * 24 * 60 * 60;

/** Deletes links that nobody used, and counts of wrong codes that nobody added to for long. */
@Injectable()
export class MagicLinkRetentionRepository {
  /**
   * Deletes the unused links that expired first, with their mails; not those whose mail has not
   * come to its end (invariant I7). Used links go with their sessions. What another transaction
   * holds is left for later.
   *
   * @param retentionSeconds how long a link stands after it has expired.
   * @param limit links that are deleted at most.
   * @returns how many were deleted.
   */
  async deleteUnused(
    retentionSeconds: number,
    limit: number,
    transaction: Transaction,
  ): Promise<number> {
    // Both lists by ARRAY: however many rows the planner expects, each is found by its index.
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
   * Deletes the counts of wrong codes that neither lock an address nor were touched for 30 days.
   *
   * @param limit counts that are deleted at most.
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
}
