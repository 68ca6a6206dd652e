import { Inject, Injectable, type OnModuleInit } from '@nestjs/common';

import { EventHistory } from '../../audit/event-history.service';
import { RESOLVED_OPTIONS, type ResolvedAuthOptions } from '../../config/resolved-options';
import { describeDevice } from '../../context/user-agent';
import { KeyRing } from '../../crypto/key-ring.service';
import { Database } from '../../database/database.service';
import type { MailedClient, RenderedMail } from '../../mail/content/mail-template-set';
import { MailTemplates } from '../../mail/content/mail-templates.service';
import { type ComposedMail, MailComposers } from '../../mail/outbox/mail-composers.service';
import type { MailOutboxEntity } from '../../mail/outbox/mail-outbox.entity';
import { UserRepository } from '../../users/user.repository';
import { type MailedSession, SessionRepository } from '../session.repository';
import { SignInReportTokens } from './sign-in-report-tokens.service';

/** Informs a user about a sign-in on a device that the account did not know. */
export const NEW_SIGN_IN_MAIL = 'new_sign_in';

/** Informs a user that a session was ended because its token was used where it does not fit. */
export const SESSION_ENDED_MAIL = 'session_ended';

/** Informs a user that a device, known for less than a day, has ended other sessions. */
export const SESSIONS_ENDED_BY_NEW_DEVICE_MAIL = 'sessions_ended_by_new_device';

/** The event that a mail is about. */
interface MailedEvent {
  readonly at: Date;
  readonly client: MailedClient;
  readonly details: Readonly<Record<string, unknown>>;
  /** The session that the event is about, unless it is gone. */
  readonly session: MailedSession | undefined;
}

/** Composes the mails about sessions from their events in the audit trail. */
@Injectable()
export class SessionMailComposer implements OnModuleInit {
  constructor(
    private readonly composers: MailComposers,
    private readonly templates: MailTemplates,
    private readonly database: Database,
    private readonly users: UserRepository,
    private readonly sessions: SessionRepository,
    private readonly history: EventHistory,
    private readonly reportTokens: SignInReportTokens,
    private readonly keyRing: KeyRing,
    @Inject(RESOLVED_OPTIONS)
    private readonly options: Pick<ResolvedAuthOptions, 'pages' | 'publicUrl'>,
  ) {}

  onModuleInit(): void {
    this.composers.register(NEW_SIGN_IN_MAIL, (row) =>
      this.compose(row, async ({ at, client, session }) =>
        this.templates.newSignIn(
          {
            ...client,
            signedInAt: at,
            reportUrl: await this.reportUrl(session),
            accountUrl: this.page('/auth/account'),
          },
          row.locale,
        ),
      ),
    );
    this.composers.register(SESSION_ENDED_MAIL, (row) =>
      this.compose(row, async ({ at, client, session }) =>
        this.templates.sessionsEnded(
          {
            ...client,
            endedAt: at,
            sessionDevice: session === undefined ? null : describeDevice(session.user_agent),
            signInUrl: this.page('/auth/sign-in'),
          },
          row.locale,
        ),
      ),
    );
    this.composers.register(SESSIONS_ENDED_BY_NEW_DEVICE_MAIL, (row) =>
      this.compose(row, async ({ at, client, details }) => {
        const by = await this.sessions.findForMail(String(details['ended_by']), this.database);
        return this.templates.sessionsEndedByNewDevice(
          {
            ...client,
            endedAt: at,
            count: Number(details['ended']),
            reportUrl: await this.reportUrl(by),
            accountUrl: this.page('/auth/account'),
          },
          row.locale,
        );
      }),
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
    const { session_id: sessionId, details } = event;
    const session =
      sessionId === null ? undefined : await this.sessions.findForMail(sessionId, this.database);
    const client = {
      ipAddress: event.ip_address,
      device: event.user_agent === null ? null : describeDevice(event.user_agent),
    };
    const content = await render({ at: event.occurred_at, client, details, session });
    return { outcome: 'send', mail: { to: { address }, ...content } };
  }

  /** The page on which a sign-in is reported; `undefined` when there is no way to offer it. */
  private async reportUrl(session: MailedSession | undefined): Promise<string | undefined> {
    if (session === undefined || this.keyRing.find(session.key_id) === undefined) return undefined;
    const page = this.page('/auth/link/report');
    return page && `${page}#report=${await this.reportTokens.derive(session)}`;
  }

  /** The URL of a hosted page; `undefined` when hosted pages are off. */
  private page(path: string): string | undefined {
    return this.options.pages ? this.options.publicUrl + path : undefined;
  }
}
