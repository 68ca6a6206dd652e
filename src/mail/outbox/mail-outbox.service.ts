import { Injectable } from '@nestjs/common';

import type { Transaction } from '../../database/database.service';
import { type MailBacklog, MailOutboxRepository, type NewMail } from './mail-outbox.repository';
import { MailWorker } from './mail-worker.service';

/**
 * How long to collect mails before other processes are notified once for all of them. PostgreSQL
 * serialises commits that notify, by a lock on the whole cluster, so not every commit should.
 */
const ANNOUNCEMENT_DELAY_MILLISECONDS = 20;

/** Queues the mails of all features, in the transaction of the change that a mail is about. */
@Injectable()
export class MailOutbox {
  private announcement: NodeJS.Timeout | undefined;

  constructor(
    private readonly repository: MailOutboxRepository,
    private readonly worker: MailWorker,
  ) {}

  /** Queues a mail. After the commit it is sent by the first instance that claims it. */
  async enqueue(mail: NewMail, transaction: Transaction): Promise<void> {
    this.repository.enqueue(mail, transaction);
    transaction.afterwards(() => this.wakeWorkers());
  }

  /**
   * The mails that wait to be sent, by any instance.
   *
   * @throws UnavailableError (`unavailable`) when the database is unavailable.
   */
  async backlog(): Promise<MailBacklog> {
    return this.repository.backlog();
  }

  /** Wakes the worker of this process now, and those of other processes soon. Never waits. */
  private wakeWorkers(): void {
    this.worker.wake();
    this.announcement ??= setTimeout(() => {
      this.announcement = undefined;
      // Failing is harmless: workers also poll.
      this.repository.announce().catch(() => undefined);
    }, ANNOUNCEMENT_DELAY_MILLISECONDS).unref();
  }
}

export type { MailBacklog };
