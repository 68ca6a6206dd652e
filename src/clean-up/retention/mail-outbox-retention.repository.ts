import { Injectable } from '@nestjs/common';

import type { Transaction } from '../../database/database.service';
import { named } from '../../database/named-sql';

/** A mail and its link are of use for a day at most. */
const ABANDONED_AFTER_SECONDS = 2 * 24 * 60 * 60;

/** Expires mails that nobody sends, and deletes mails in a final state. */
@Injectable()
export class MailOutboxRetentionRepository {
  /**
   * Expires mails that have been due for two days without a worker taking them: no process sends
   * mail, or none has the key that they need. Every mail thereby reaches a final state (invariant
   * I7), and the rows that depend on it can be deleted.
   *
   * @param limit the most mails to expire.
   * @returns how many were expired.
   */
  async expireAbandoned(limit: number, transaction: Transaction): Promise<number> {
    return transaction.modify(
      named(
        'mail-outbox-retention.expireAbandoned',
        `UPDATE mail_outbox
            SET state = 'expired', leased_until = NULL, last_error = 'abandoned', updated_at = now()
          WHERE id = ANY (ARRAY(
                  SELECT id FROM mail_outbox
                   WHERE state = 'pending'
                     AND next_attempt_at < now() - make_interval(secs => $1)
                     AND coalesce(leased_until <= now(), true)
                   ORDER BY next_attempt_at
                   LIMIT $2
                     FOR UPDATE SKIP LOCKED))`,
      ),
      [ABANDONED_AFTER_SECONDS, limit],
    );
  }

  /**
   * Deletes mails in a final state, those that reached it first. Rows that another transaction has
   * locked are left for later.
   *
   * @param retentionSeconds how long a mail is kept after it has reached a final state.
   * @param limit the most mails to delete.
   * @returns how many were deleted.
   */
  async deleteEnded(
    retentionSeconds: number,
    limit: number,
    transaction: Transaction,
  ): Promise<number> {
    return transaction.modify(
      named(
        'mail-outbox-retention.deleteEnded',
        `DELETE FROM mail_outbox
          WHERE id = ANY (ARRAY(
                  SELECT id FROM mail_outbox
                   WHERE state <> 'pending'
                     AND updated_at < now() - make_interval(secs => $1)
                   ORDER BY updated_at
                   LIMIT $2
                     FOR UPDATE SKIP LOCKED))`,
      ),
      [retentionSeconds, limit],
    );
  }
}
