import { Injectable } from '@nestjs/common';

import type { OutgoingMail } from '../mailer';
import type { MailOutboxEntity } from './mail-outbox.entity';

/** What has become of a mail by the moment at which it is to be sent. */
export type ComposedMail =
  | {
      readonly outcome: 'send';
      readonly mail: Omit<OutgoingMail, 'id'>;
      /** When the mail loses its use, and is no longer tried. @default a day after it was queued */
      readonly expiresAt?: Date;
    }
  /** Too late: what the mail is about has passed its time. */
  | { readonly outcome: 'expired' }
  /** No longer wanted: what the mail is about was used, superseded or deleted. */
  | { readonly outcome: 'cancelled' };

/**
 * Composes one kind of mail. It is asked at each attempt, right before sending, and derives links
 * and codes anew, because the outbox stores none of them.
 */
export type MailComposer = (row: MailOutboxEntity) => Promise<ComposedMail>;

/** Who composes which kind of mail: each feature registers its kinds in `onModuleInit`. */
@Injectable()
export class MailComposers {
  private readonly composers = new Map<string, MailComposer>();

  /**
   * @param kind as in `mail_outbox.kind`, at most 50 characters.
   * @throws TypeError when the kind has a composer already.
   */
  register(kind: string, composer: MailComposer): void {
    if (this.composers.has(kind))
      throw new TypeError(`the kind of mail ${kind} has a composer already`);

    this.composers.set(kind, composer);
  }

  /** The kinds that this process can send. Rows of any other kind wait for one that can. */
  kinds(): string[] {
    return [...this.composers.keys()];
  }

  /** @throws TypeError when nobody composes this kind; otherwise what the composer throws. */
  async compose(row: MailOutboxEntity): Promise<ComposedMail> {
    const composer = this.composers.get(row.kind);
    if (composer === undefined) throw new TypeError(`the kind of mail ${row.kind} has no composer`);

    return composer(row);
  }
}
