import { Injectable } from '@nestjs/common';

import type { Queryable, Transaction } from '../../database/database.service';
import { named } from '../../database/named-sql';

/** Each further reported link doubles the pause, up to this. */
const LONGEST_PAUSE_SECONDS = 24 * 60 * 60;

@Injectable()
export class MailPauseRepository {
  /** @param firstSeconds how long the pause is after the first reported link. */
  begin(mailbox: string, network: string, firstSeconds: number, transaction: Transaction): void {
    transaction.execute(
      named(
        'mail-pause.begin',
        `INSERT INTO mail_pauses AS stored (mailbox, network, paused_until)
         VALUES ($1, $2, now() + make_interval(secs => $3))
         ON CONFLICT (mailbox, network) DO UPDATE
            SET links = stored.links + 1,
                paused_until = now() + make_interval(secs => least($3 * 2 ^ least(stored.links, 30), $4))`,
      ),
      [mailbox, network, firstSeconds, LONGEST_PAUSE_SECONDS],
    );
  }

  /** @param mailboxes and `networks`: one digest for each master key. */
  async isPaused(
    mailboxes: readonly string[],
    networks: readonly string[],
    queryable: Queryable,
  ): Promise<boolean> {
    const rows = await queryable.query(
      named(
        'mail-pause.isPaused',
        `SELECT FROM mail_pauses
          WHERE mailbox = ANY ($1) AND network = ANY ($2) AND paused_until > now() LIMIT 1`,
      ),
      [mailboxes, networks],
    );
    return rows.length > 0;
  }

  lift(mailboxes: readonly string[], transaction: Transaction): void {
    transaction.execute(
      named('mail-pause.lift', 'DELETE FROM mail_pauses WHERE mailbox = ANY ($1)'),
      [mailboxes],
    );
  }

  liftFor(
    mailboxes: readonly string[],
    networks: readonly string[],
    transaction: Transaction,
  ): void {
    transaction.execute(
      named(
        'mail-pause.liftFor',
        'DELETE FROM mail_pauses WHERE mailbox = ANY ($1) AND network = ANY ($2)',
      ),
      [mailboxes, networks],
    );
  }
}
