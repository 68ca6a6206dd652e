import { randomUUID } from 'node:crypto';

import { Logger } from '@nestjs/common';

import type { Clock } from '../../common/clock';
import type { Mailer, OutgoingMail } from '../../mail/mailer';

/** A mail that arrived in the development mailbox. */
export interface MailboxMail {
  readonly id: string;
  readonly to: string;
  readonly from: string;
  readonly subject: string;
  readonly text: string;
  readonly html: string;
  readonly received_at: Date;
}

/** More than a person looks at, and little memory. */
const MAX_MAILS = 200;

/** The first link of the text part, which has the link on a line of its own. */
const LINK_LINE = /^https?:\/\/\S+$/m;

/**
 * Keeps mail in memory instead of sending it, so that links can be opened without a mail server.
 * Development mode only: whoever reads the mailbox or the terminal can sign in as anybody.
 */
export class MailboxMailer implements Mailer {
  private readonly logger = new Logger('Mailbox');
  /** Newest first. */
  private mails: readonly MailboxMail[] = [];

  /** @param from the sender's address that mails are shown with. */
  constructor(
    private readonly clock: Clock,
    private readonly from = 'mira-auth@localhost',
  ) {}

  async send(mail: OutgoingMail): Promise<void> {
    const { subject, text, html } = mail;
    const to = mail.to.address;
    const received: MailboxMail = {
      id: randomUUID(),
      to,
      from: this.from,
      subject,
      text,
      html,
      received_at: this.clock.now(),
    };
    this.mails = [received, ...this.mails].slice(0, MAX_MAILS);
    const link = LINK_LINE.exec(text)?.[0];
    this.logger.log(`${to}: ${subject}${link === undefined ? '' : ` ${link}`}`);
  }

  /** @returns the last 200 mails, newest first. */
  list(): readonly MailboxMail[] {
    return this.mails;
  }

  /** @returns the mail of that id, or `undefined` when there is none, or none any longer. */
  find(id: string): MailboxMail | undefined {
    return this.mails.find((mail) => mail.id === id);
  }
}
