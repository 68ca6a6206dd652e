import type { Transaction } from '../database/database';
import type { MailOutboxRow } from './mail-outbox.entity';

/** Hears of mails that were given up because a server refused them for good. */
export interface MailFailureSink {
  /**
   * @param failure class of the failure, such as `smtp 550`.
   * @param transaction the one that marks the mail as dead: what is recorded commits with it.
   */
  mailDied(row: MailOutboxRow, failure: string, transaction: Transaction): Promise<void>;
}

export const MailFailureSink = Symbol('MailFailureSink');
