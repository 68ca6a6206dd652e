import { Injectable } from '@nestjs/common';

import type { Transaction } from '../database/database';
import { MailOutboxRepository, type NewMail } from './mail-outbox.repository';
import { MailWorker } from './mail-worker';

/** How features send mail: queued in the transaction of what it tells of, sent after its commit. */
@Injectable()
export class MailOutbox {
  constructor(
    private readonly repository: MailOutboxRepository,
    private readonly worker: MailWorker,
  ) {}

  /**
   * Queues a mail. It is sent once the transaction has committed, by whichever instance is first.
   *
   * @throws UnavailableError (`unavailable`) when the database is away.
   */
  async enqueue(mail: NewMail, transaction: Transaction): Promise<void> {
    await this.repository.enqueue(mail, transaction);
  }

  /** Has this process look at the outbox now. To be called after the commit; it never waits. */
  kick(): void {
    this.worker.wake();
  }
}
