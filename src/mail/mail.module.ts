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

/** Queues, renders and sends mail. Features register the kinds of mail that they compose. */
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

  /** Starts the worker only now, when every feature has registered its kinds of mail. */
  onApplicationBootstrap(): void {
    this.worker.start();
  }

  /** Done here, not in the two classes, so that the mailer closes after the last mail is sent. */
  async onApplicationShutdown(): Promise<void> {
    await this.worker.stop();
    // A host closes its own mailer itself.
    if (this.mailer instanceof SmtpMailer) this.mailer.close();
  }
}

/**
 * The host's mailer if there is one, else SMTP.
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
  if (options.mail === undefined) {
    throw new TypeError('mail must say how mail is sent, unless the host passes its own mailer');
  }

  return new SmtpMailer({
    ...options.mail,
    senderName: templates.productName,
    connections: settings.concurrency,
  });
}
