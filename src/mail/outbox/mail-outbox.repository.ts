import { randomUUID } from 'node:crypto';

import { Injectable } from '@nestjs/common';

import { Database, type Transaction } from '../../database/database.service';
import { named } from '../../database/named-sql';
import type { MailOutboxEntity } from './mail-outbox.entity';

/** Notifies all workers that mails were queued. */
export const MAIL_OUTBOX_CHANNEL = 'mira_mail_outbox';

/** A mail to be queued, for a link or for a user. */
export type NewMail = {
  /** Selects the composer. */
  readonly kind: string;
  readonly eventId?: string;
  readonly locale?: string | null;
  /** The id of the master key that the mail's tokens derive from. */
  readonly keyId: string;
} & ({ readonly magicLinkId: string } | { readonly userId: string });

/** The mails that a worker is able to send. */
export interface Claimable {
  readonly kinds: readonly string[];
  readonly keyIds: readonly string[];
}

interface Failure {
  readonly failure: string;
  readonly retryInMilliseconds: number;
  /** When the mail expires. Without it, `lifetimeMilliseconds` after it was queued. */
  readonly expiresAt: Date | undefined;
  readonly lifetimeMilliseconds: number;
}

/** The mails that wait to be sent. */
export interface MailBacklog {
  /** How many mails, counted up to 10,000. */
  readonly pending: number;
  /** Age of the mail that was queued first; 0 without any. */
  readonly oldestAgeSeconds: number;
}

/** Bounds the cost of counting a long queue. */
const MAX_COUNTED = 10_000;

/**
 * The queue of mails. A claimed row belongs to its worker until the lease expires. `attempts` grows
 * with each claim, so the updates of a worker that lost its lease match no row any more.
 */
@Injectable()
export class MailOutboxRepository {
  constructor(private readonly database: Database) {}

  /** Queues a mail without notifying workers. */
  enqueue(mail: NewMail, transaction: Transaction): void {
    transaction.execute(
      named(
        'mail-outbox.enqueue',
        `INSERT INTO mail_outbox (id, kind, magic_link_id, user_id, event_id, locale, key_id)
         VALUES ($1, $2, $3, $4, $5, $6, $7)`,
      ),
      [
        randomUUID(),
        mail.kind,
        'magicLinkId' in mail ? mail.magicLinkId : null,
        'userId' in mail ? mail.userId : null,
        mail.eventId ?? null,
        mail.locale ?? null,
        mail.keyId,
      ],
    );
  }

  /** Notifies the workers of all processes that mails were queued. */
  async announce(): Promise<void> {
    await this.database.query(named('mail-outbox.announce', `SELECT pg_notify($1, '')`), [
      MAIL_OUTBOX_CHANNEL,
    ]);
  }

  /**
   * Claims mails that are due, the longest overdue first, including those whose lease has expired.
   * Workers that claim at the same time get different rows.
   */
  async claim(
    claimable: Claimable,
    limit: number,
    leaseMilliseconds: number,
  ): Promise<MailOutboxEntity[]> {
    return this.database.query<MailOutboxEntity>(
      named(
        'mail-outbox.claim',
        `WITH due AS MATERIALIZED (
           SELECT id FROM mail_outbox
            WHERE state = 'pending'
              AND next_attempt_at <= now()
              AND (leased_until IS NULL OR leased_until <= now())
              AND kind = ANY($1)
              AND key_id = ANY($2)
            ORDER BY next_attempt_at
            LIMIT $3
              FOR UPDATE SKIP LOCKED
         )
         UPDATE mail_outbox AS mail
            SET attempts = mail.attempts + 1,
                leased_until = now() + $4 * interval '1 millisecond',
                updated_at = now()
           FROM due
          WHERE mail.id = due.id
         RETURNING mail.*`,
      ),
      [claimable.kinds, claimable.keyIds, limit, leaseMilliseconds],
    );
  }

  /** @returns milliseconds until a mail is due or its lease expires, `null` without any mail. */
  async millisecondsUntilDue(claimable: Claimable): Promise<number | null> {
    const { wait } = await this.database.queryOne<{ wait: number | null }>(
      named(
        'mail-outbox.millisecondsUntilDue',
        `SELECT (extract(epoch FROM min(greatest(next_attempt_at, leased_until)) - now())
                  * 1000)::float8 AS wait
           FROM mail_outbox
          WHERE state = 'pending' AND kind = ANY($1) AND key_id = ANY($2)`,
      ),
      [claimable.kinds, claimable.keyIds],
    );
    return wait;
  }

  /** Counts all mails that wait to be sent, including those that no worker can send. */
  async backlog(): Promise<MailBacklog> {
    const { pending, age } = await this.database.queryOne<{ pending: number; age: number | null }>(
      named(
        'mail-outbox.backlog',
        `SELECT count(*)::int AS pending,
                extract(epoch FROM now() - min(created_at))::float8 AS age
           FROM (SELECT created_at FROM mail_outbox
                  WHERE state = 'pending' ORDER BY next_attempt_at LIMIT $1) AS waiting`,
      ),
      [MAX_COUNTED],
    );
    return { pending, oldestAgeSeconds: age ?? 0 };
  }

  /**
   * Records that a mail was sent, whoever holds the lease by now: this keeps the next holder from
   * sending it again.
   */
  async markSent(row: MailOutboxEntity): Promise<void> {
    await this.database.query(
      named(
        'mail-outbox.markSent',
        `UPDATE mail_outbox SET state = 'sent', leased_until = NULL, updated_at = now()
          WHERE id = $1 AND state = 'pending'`,
      ),
      [row.id],
    );
  }

  /** Records that a mail need not be sent any more. */
  async markObsolete(row: MailOutboxEntity, state: 'expired' | 'cancelled'): Promise<void> {
    await this.database.query(
      named(
        'mail-outbox.markObsolete',
        `UPDATE mail_outbox SET state = $3, leased_until = NULL, updated_at = now()
          WHERE id = $1 AND state = 'pending' AND attempts = $2`,
      ),
      [row.id, row.attempts, state],
    );
  }

  /**
   * Records a transient failure. A mail whose next attempt would come too late expires.
   *
   * @returns whether the mail will be tried again.
   */
  async markFailed(row: MailOutboxEntity, failed: Failure): Promise<boolean> {
    const [updated] = await this.database.query<{ state: string }>(
      named(
        'mail-outbox.markFailed',
        `UPDATE mail_outbox
            SET state = CASE
                  WHEN now() + $3 * interval '1 millisecond'
                       >= coalesce($4, created_at + $5 * interval '1 millisecond')
                  THEN 'expired' ELSE 'pending' END,
                next_attempt_at = now() + $3 * interval '1 millisecond',
                leased_until = NULL,
                last_error = $6,
                updated_at = now()
          WHERE id = $1 AND state = 'pending' AND attempts = $2
         RETURNING state`,
      ),
      [
        row.id,
        row.attempts,
        failed.retryInMilliseconds,
        failed.expiresAt ?? null,
        failed.lifetimeMilliseconds,
        failed.failure,
      ],
    );
    return updated?.state === 'pending';
  }

  /**
   * Records that a mail was refused for good.
   *
   * @returns whether this call gave the mail up, and not another one before it.
   */
  async markDead(
    row: MailOutboxEntity,
    failure: string,
    transaction: Transaction,
  ): Promise<boolean> {
    const updated = await transaction.modify(
      named(
        'mail-outbox.markDead',
        `UPDATE mail_outbox
            SET state = 'dead', leased_until = NULL, last_error = $3, updated_at = now()
          WHERE id = $1 AND state = 'pending' AND attempts = $2`,
      ),
      [row.id, row.attempts, failure],
    );
    return updated > 0;
  }

  /** Returns a claimed mail unsent, so that another worker claims it at once. */
  async release(row: MailOutboxEntity): Promise<void> {
    await this.database.query(
      named(
        'mail-outbox.release',
        `WITH released AS (
           UPDATE mail_outbox SET leased_until = NULL, updated_at = now()
            WHERE id = $1 AND state = 'pending' AND attempts = $2
           RETURNING id
         )
         SELECT pg_notify($3, '') FROM released`,
      ),
      [row.id, row.attempts, MAIL_OUTBOX_CHANNEL],
    );
  }
}
