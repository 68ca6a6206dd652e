import {
  Inject,
  Module,
  type OnApplicationBootstrap,
  type OnApplicationShutdown,
} from '@nestjs/common';

import { AuditModule } from '../audit/audit.module';
import { RESOLVED_OPTIONS, type ResolvedAuthOptions } from '../config/resolved-options';
import { CryptoModule } from '../crypto/crypto.module';
import { DatabaseModule } from '../database/database.module';
import { MailTemplates } from './content/mail-templates.service';
import { HOST_MAILER, Mailer } from './mailer';
import { MailComposers } from './outbox/mail-composers.service';
import { MailDelivery } from './outbox/mail-delivery.service';
import { MailOutboxRepository } from './outbox/mail-outbox.repository';
import { MailOutbox } from './outbox/mail-outbox.service';
import { MailWorker } from './outbox/mail-worker.service';
import { DEFAULT_MAIL_WORKER_SETTINGS, MailWorkerSettings } from './outbox/mail-worker-settings';
import { SmtpMailer } from './smtp/smtp.mailer';

/** Mail: how it is queued, written and sent. Features register the kinds that they compose. */
@Module({
  imports: [AuditModule, CryptoModule, DatabaseModule],
  providers: [
    MailOutbox,
    MailOutboxRepository,
    MailComposers,
    MailTemplates,
    MailDelivery,
    MailWorker,
    {
      provide: MailWorkerSettings,
      inject: [RESOLVED_OPTIONS],
      useFactory: ({
        mailWorker: enabled,
      }: Pick<ResolvedAuthOptions, 'mailWorker'>): MailWorkerSettings => ({
        ...DEFAULT_MAIL_WORKER_SETTINGS,
        enabled,
      }),
    },
    {
      provide: Mailer,
      useFactory: chooseMailer,
      inject: [
        RESOLVED_OPTIONS,
        MailTemplates,
        MailWorkerSettings,
        { token: HOST_MAILER, optional: true },
      ],
    },
  ],
  exports: [MailOutbox, MailComposers, MailTemplates],
})
export class MailModule implements OnApplicationBootstrap, OnApplicationShutdown {
  constructor(
    private readonly worker: MailWorker,
    @Inject(Mailer) private readonly mailer: Mailer,
  ) {}

  /** By now every feature has registered its kinds of mail. */
  onApplicationBootstrap(): void {
    this.worker.start();
  }

  /** Here and not in the two classes, because the connections close after the last mail. */
  async onApplicationShutdown(): Promise<void> {
    await this.worker.stop();
    // A host's own mailer is the host's to close.
    if (this.mailer instanceof SmtpMailer) this.mailer.close();
  }
}

/**
 * The host's mailer, or SMTP.
 *
 * @throws TypeError naming the option `mail` when there is neither.
 */
function chooseMailer(
  options: Pick<ResolvedAuthOptions, 'mail'>,
  templates: MailTemplates,
  settings: MailWorkerSettings,
  hostMailer?: Mailer,
): Mailer {
  if (hostMailer !== undefined) return hostMailer;
  if (options.mail === undefined)
    throw new TypeError('mail must say how mail is sent, unless the host brings its own mailer');

  return new SmtpMailer({
    ...options.mail,
    senderName: templates.productName,
    connections: settings.concurrency,
  });
}
