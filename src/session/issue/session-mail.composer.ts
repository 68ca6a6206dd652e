import { Inject, Injectable, type OnModuleInit } from '@nestjs/common';

import { EventHistory } from '../../audit/event-history.service';
import { RESOLVED_OPTIONS, type ResolvedAuthOptions } from '../../config/resolved-options';
import { describeDevice } from '../../context/user-agent';
import { Database } from '../../database/database.service';
import type { MailedClient, RenderedMail } from '../../mail/content/mail-template-set';
import { MailTemplates } from '../../mail/content/mail-templates.service';
import { type ComposedMail, MailComposers } from '../../mail/outbox/mail-composers.service';
import type { MailOutboxEntity } from '../../mail/outbox/mail-outbox.entity';
import { UserRepository } from '../../users/user.repository';

/** Informs a user about a sign-in from a device or network that was not seen before. */
export const NEW_SIGN_IN_MAIL = 'new_sign_in';

/** Informs a user that a session was ended because somebody else seems to hold it. */
export const SESSION_ENDED_MAIL = 'session_ended';

/** The event that a mail is about. */
interface MailedEvent extends MailedClient {
  readonly at: Date;
}

/** Composes the mails about sessions from their events in the audit trail. */
@Injectable()
export class SessionMailComposer implements OnModuleInit {
  constructor(
    private readonly composers: MailComposers,
    private readonly templates: MailTemplates,
    private readonly database: Database,
    private readonly users: UserRepository,
    private readonly history: EventHistory,
    @Inject(RESOLVED_OPTIONS)
    private readonly options: Pick<ResolvedAuthOptions, 'pages' | 'publicUrl'>,
  ) {}

  onModuleInit(): void {
    this.composers.register(NEW_SIGN_IN_MAIL, (row) =>
      this.compose(row, ({ at, ...client }) =>
        this.templates.newSignIn(
          {
            ...client,
            signedInAt: at,
            reportUrl: undefined,
            accountUrl: this.page('/auth/account'),
          },
          row.locale,
        ),
      ),
    );
    this.composers.register(SESSION_ENDED_MAIL, (row) =>
      this.compose(row, ({ at, ...client }) =>
        this.templates.sessionsEnded(
          {
            ...client,
            endedAt: at,
            sessionDevice: null,
            signInUrl: this.page('/auth/sign-in'),
          },
          row.locale,
        ),
      ),
    );
  }

  private async compose(
    row: MailOutboxEntity,
    render: (event: MailedEvent) => Promise<RenderedMail>,
  ): Promise<ComposedMail> {
    const address = await this.users.findEmail(row.user_id ?? '', this.database);
    const event = await this.history.find(row.event_id ?? '');
    // The account has been erased in the meantime.
    if (address === undefined || event === undefined) return { outcome: 'cancelled' };
    const content = await render({
      at: event.occurred_at,
      ipAddress: event.ip_address,
      device: event.user_agent === null ? null : describeDevice(event.user_agent),
    });
    return { outcome: 'send', mail: { to: { address }, ...content } };
  }

  /** The URL of a hosted page; `undefined` when hosted pages are off. */
  private page(path: string): string | undefined {
    return this.options.pages ? this.options.publicUrl + path : undefined;
  }
}
