import { randomUUID } from 'node:crypto';

import { Client } from 'pg';

import type { Mailer, OutgoingMail } from '../../../src/mail/mailer';
import type { ComposedMail, MailComposer } from '../../../src/mail/outbox/mail-composers.service';
import type { MailOutboxEntity } from '../../../src/mail/outbox/mail-outbox.entity';
import type { NewMail } from '../../../src/mail/outbox/mail-outbox.repository';
import { FIRST_KEY } from '../tokens/keys';
import { waitFor } from '../wait-for';
import type { MailProcess } from './mail-process';

/** A kind of mail that only tests know. */
export const KIND = 'test';

/** Composes a mail whose recipient tells the row, so that a test can find its mails. */
export const composeForUser: MailComposer = async (row) => mailFor(row);

export function mailFor(row: MailOutboxEntity, expiresAt?: Date): ComposedMail {
  return {
    outcome: 'send',
    mail: {
      to: { address: `${row.user_id ?? ''}@example.org` },
      subject: 'A mail',
      text: 'Text',
      html: '<p>Text</p>',
    },
    ...(expiresAt && { expiresAt }),
  };
}

export function newMail(overrides: { keyId?: string; kind?: string } = {}): NewMail & {
  readonly userId: string;
} {
  return { kind: KIND, keyId: FIRST_KEY.id, userId: randomUUID(), ...overrides };
}

/** Queues mails as a feature does: in a transaction, then a kick. */
export async function queue(process: MailProcess, mails: readonly NewMail[]): Promise<void> {
  await process.database.transaction(async (transaction) => {
    for (const mail of mails) await process.outbox.enqueue(mail, transaction);
  });
}

/** A mailer that does what a test says with the n-th mail, counted from 1, and keeps a list. */
export class ScriptedMailer implements Mailer {
  readonly attempts: OutgoingMail[] = [];
  /** The attempts that succeeded. */
  readonly sent: OutgoingMail[] = [];

  constructor(
    private readonly script: (attempt: number, signal: AbortSignal) => Promise<void> = async () =>
      undefined,
  ) {}

  async send(mail: OutgoingMail, signal: AbortSignal): Promise<void> {
    this.attempts.push(mail);
    await this.script(this.attempts.length, signal);
    this.sent.push(mail);
  }
}

/** The outbox as the database's superuser sees it. */
export class OutboxView {
  private client: Client;

  async connect(superuserUrl: string): Promise<void> {
    this.client = new Client({ connectionString: superuserUrl });
    await this.client.connect();
  }

  async rows(): Promise<MailOutboxEntity[]> {
    return (await this.client.query<MailOutboxEntity>('SELECT * FROM mail_outbox')).rows;
  }

  async sql(text: string, parameters: unknown[] = []): Promise<void> {
    await this.client.query(text, parameters);
  }

  /** @returns one mail in that state, or `undefined` when there is none. */
  async some(state: string): Promise<MailOutboxEntity | undefined> {
    return (await this.rows()).find((row) => row.state === state);
  }

  /** Waits until every mail has reached the state, and returns them. */
  async allIn(state: string): Promise<MailOutboxEntity[]> {
    return waitFor(`all mails to be ${state}`, async () => {
      const rows = await this.rows();
      return rows.length > 0 && rows.every((row) => row.state === state) ? rows : undefined;
    });
  }

  async close(): Promise<void> {
    await this.client.end();
  }
}
