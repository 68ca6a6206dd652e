import { Injectable } from '@nestjs/common';

import type { OutgoingMail } from '../mailer';
import type { MailOutboxEntity } from './mail-outbox.entity';

/** Whether a queued mail is still to be sent, decided right before each attempt. */
export type ComposedMail =
  | {
      readonly outcome: 'send';
      readonly mail: Omit<OutgoingMail, 'id'>;
      /** After this moment the mail is not sent any more. @default a day after it was queued */
      readonly expiresAt?: Date;
    }
  /** Too late: what the mail is about has expired. */
  | { readonly outcome: 'expired' }
  /** No longer wanted: what the mail is about was used, superseded or deleted. */
  | { readonly outcome: 'cancelled' };

/**
 * Composes one kind of mail. It is called at each attempt, right before sending, and derives links
 * and codes anew, because the outbox stores none of them.
 */
export type MailComposer = (row: MailOutboxEntity) => Promise<ComposedMail>;

/** The composer of each kind of mail. Features register theirs in `onModuleInit`. */
@Injectable()
export class MailComposers {
  private readonly composers = new Map<string, MailComposer>();

  /**
   * @param kind as in `mail_outbox.kind`, at most 50 characters.
   * @throws TypeError when the kind already has a composer.
   */
  register(kind: string, composer: MailComposer): void {
    if (this.composers.has(kind)) {
      throw new TypeError(`the mail kind ${kind} already has a composer`);
    }

    this.composers.set(kind, composer);
  }

  /** The kinds that this process can send. Rows of other kinds wait for a process that can. */
  kinds(): string[] {
    return [...this.composers.keys()];
  }

  /** @throws TypeError when the kind has no composer, and whatever the composer throws. */
  async compose(row: MailOutboxEntity): Promise<ComposedMail> {
    const composer = this.composers.get(row.kind);
    if (composer === undefined) throw new TypeError(`the mail kind ${row.kind} has no composer`);

    return composer(row);
  }
}
