import { Injectable } from '@nestjs/common';

import type { Transaction } from '../../database/database.service';
import { type MailBacklog, MailOutboxRepository, type NewMail } from './mail-outbox.repository';
import { MailWorker } from './mail-worker.service';

/**
 * How long mails are gathered until other processes are told of them. Commits that notify wait for
 * each other (PostgreSQL takes a lock on the whole cluster for it), so that not each may.
 */
const GATHERING_MILLISECONDS = 20;

/** How features send mail: queued in the transaction of what it tells of, sent after its commit. */
@Injectable()
export class MailOutbox {
  private announcement: NodeJS.Timeout | undefined;

  constructor(
    private readonly repository: MailOutboxRepository,
    private readonly worker: MailWorker,
  ) {}

  /**
   * Queues a mail. It is sent once the transaction has committed, by whichever instance is first.
   */
  async enqueue(mail: NewMail, transaction: Transaction): Promise<void> {
    this.repository.enqueue(mail, transaction);
    transaction.afterwards(() => this.tellWorkers());
  }

  /**
   * What still waits to be sent, by any instance.
   *
   * @throws UnavailableError (`unavailable`) when the database is away.
   */
  async backlog(): Promise<MailBacklog> {
    return this.repository.backlog();
  }

  /** Has this process look at the outbox now, and soon all others. It never waits. */
  private tellWorkers(): void {
    this.worker.wake();
    this.announcement ??= setTimeout(() => {
      this.announcement = undefined;
      // The news is a hint: workers look from time to time, too.
      this.repository.announce().catch(() => undefined);
    }, GATHERING_MILLISECONDS).unref();
  }
}

export type { MailBacklog };
