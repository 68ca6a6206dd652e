import { Global, Module } from '@nestjs/common';
import { Test, type TestingModule } from '@nestjs/testing';

import { AuditRecorder } from '../../../src/audit/audit-recorder.service';
import { Clock, SystemClock } from '../../../src/common/clock';
import { RESOLVED_OPTIONS, type ResolvedAuthOptions } from '../../../src/config/resolved-options';
import { Database } from '../../../src/database/database.service';
import { AUTH_DATA_SOURCE, createDataSource } from '../../../src/database/driver/data-source';
import { MailModule } from '../../../src/mail/mail.module';
import { HOST_MAILER, type Mailer } from '../../../src/mail/mailer';
import { type MailComposer, MailComposers } from '../../../src/mail/outbox/mail-composers.service';
import { MailOutboxRepository } from '../../../src/mail/outbox/mail-outbox.repository';
import { MailOutbox } from '../../../src/mail/outbox/mail-outbox.service';
import { MailWorker } from '../../../src/mail/outbox/mail-worker.service';
import {
  DEFAULT_MAIL_WORKER_SETTINGS,
  MailWorkerSettings,
} from '../../../src/mail/outbox/mail-worker-settings';
import { CapturingLogger } from '../capturing-logger';
import { privately } from '../privately';
import { FIRST_KEY } from '../tokens/keys';

export interface MailProcessSettings {
  /** `postgres://…` of the runtime role. */
  readonly url: string;
  /** @default SMTP, as `mail` says */
  readonly mailer?: Mailer;
  readonly mail?: ResolvedAuthOptions['mail'];
  readonly worker?: Partial<MailWorkerSettings>;
  /** @default the trail itself */
  readonly audit?: Pick<AuditRecorder, 'record'>;
  readonly masterKeys?: ResolvedAuthOptions['masterKeys'];
  /** Who composes which kind. */
  readonly composers?: Readonly<Record<string, MailComposer>>;
}

/** The mail module alone, as one process of the service has it. */
export interface MailProcess {
  readonly outbox: MailOutbox;
  readonly repository: MailOutboxRepository;
  readonly database: Database;
  readonly worker: MailWorker;
  readonly logger: CapturingLogger;
  stop(): Promise<void>;
}

/**
 * Starts the mail module with everything it needs of others. The worker looks at the outbox when
 * it is told to and not by the clock, and hardly waits between attempts, unless a test says so.
 */
export async function startMailProcess(settings: MailProcessSettings): Promise<MailProcess> {
  const dataSource = createDataSource({
    url: settings.url,
    ssl: false,
    poolSize: 5,
    entities: [],
  });
  await dataSource.initialize();
  const logger = new CapturingLogger();
  const options: Pick<ResolvedAuthOptions, 'mail' | 'masterKeys'> = {
    mail: settings.mail,
    masterKeys: settings.masterKeys ?? { current: FIRST_KEY.bytes, accepted: [] },
  };
  const given = [
    { provide: RESOLVED_OPTIONS, useValue: options },
    { provide: AUTH_DATA_SOURCE, useValue: dataSource },
    { provide: Clock, useClass: SystemClock },
    { provide: HOST_MAILER, useValue: settings.mailer },
  ];
  class Core {}
  Global()(Core);
  Module({ providers: given, exports: given.map(({ provide }) => provide) })(Core);

  let module: TestingModule;
  try {
    const builder = Test.createTestingModule({ imports: [Core, MailModule] });
    if (settings.audit) builder.overrideProvider(AuditRecorder).useValue(settings.audit);
    module = await builder
      .overrideProvider(MailWorkerSettings)
      .useValue({
        ...DEFAULT_MAIL_WORKER_SETTINGS,
        pollIntervalMilliseconds: 3_600_000,
        firstRetryMilliseconds: 20,
        longestRetryMilliseconds: 100,
        ...settings.worker,
      } satisfies MailWorkerSettings)
      .setLogger(logger)
      .compile();
    const composers = module.get(MailComposers);
    for (const [kind, composer] of Object.entries(settings.composers ?? {})) {
      composers.register(kind, composer);
    }

    await module.init();
  } catch (error) {
    await dataSource.destroy();
    throw error;
  }
  return {
    outbox: module.get(MailOutbox),
    repository: privately(module, MailOutboxRepository),
    database: privately(module, Database),
    worker: privately(module, MailWorker),
    logger,
    stop: async () => {
      await module.close();
      await dataSource.destroy();
    },
  };
}
