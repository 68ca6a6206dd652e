import { Injectable } from '@nestjs/common';

import type { Transaction } from '../../database/database.service';
import { named } from '../../database/named-sql';

/** No mail is of use for longer than a day, nor the link in it. */
const ABANDONED_AFTER_SECONDS = 2 * 24 * 60 * 60;

/** Brings mails to their end that nobody sends, and deletes those that have ended. */
@Injectable()
export class MailOutboxRetentionRepository {
  /**
   * Ends mails that were due for two days and that no worker has taken: no process sends mail, or
   * none has the key that they need. Every mail comes to its end (invariant I7), and what hangs on
   * it can be deleted then.
   *
   * @param limit mails that are ended at most.
   * @returns how many were ended.
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
   * Deletes the mails that ended first, in whatever way. What another transaction holds is left
   * for later.
   *
   * @param retentionSeconds how long a mail stands after it has ended.
   * @param limit mails that are deleted at most.
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
