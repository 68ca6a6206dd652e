import type { INestApplicationContext } from '@nestjs/common';
import { Test } from '@nestjs/testing';

import { AuthModule, type AuthModuleOptions } from '../../../src/auth/auth.module';
import { CleanUp, type CleanUpOutcome } from '../../../src/clean-up/clean-up.service';
import {
  CleanUpSettings,
  DEFAULT_CLEAN_UP_SETTINGS,
} from '../../../src/clean-up/clean-up-settings';
import { CapturingLogger } from '../capturing-logger';
import { FIRST_KEY } from '../tokens/keys';

export interface CleanUpProcessSettings {
  /** `postgres://…` of the runtime role. */
  readonly url: string;
  /** @default none by itself; 1,000 s for everything that stands for a while */
  readonly cleanUp?: AuthModuleOptions['cleanUp'];
  readonly settings?: Partial<CleanUpSettings>;
}

/** A process of the service that serves nothing and sends no mail. */
export interface CleanUpProcess {
  readonly app: INestApplicationContext;
  readonly logger: CapturingLogger;
  run(stopping?: AbortSignal): Promise<CleanUpOutcome>;
  stop(): Promise<void>;
}

export const RETENTION_SECONDS = 1_000;

export async function startCleanUpProcess({
  url,
  cleanUp,
  settings,
}: CleanUpProcessSettings): Promise<CleanUpProcess> {
  const logger = new CapturingLogger();
  const module = await Test.createTestingModule({
    imports: [
      AuthModule.forRoot({
        masterKey: FIRST_KEY.bytes.toString('hex'),
        publicUrl: 'https://auth.example.com',
        database: { url },
        mailer: { send: () => Promise.reject(new Error('this process sends no mail')) },
        mailWorker: false,
        routes: false,
        session: { cacheEntries: 0 },
        cleanUp: {
          intervalSeconds: 0,
          linkRetentionSeconds: RETENTION_SECONDS,
          sessionRetentionSeconds: RETENTION_SECONDS,
          mailRetentionSeconds: RETENTION_SECONDS,
          ...cleanUp,
        },
      }),
    ],
  })
    .overrideProvider(CleanUpSettings)
    .useValue({ ...DEFAULT_CLEAN_UP_SETTINGS, ...settings } satisfies CleanUpSettings)
    .setLogger(logger)
    .compile();
  await module.init();
  return {
    app: module,
    logger,
    run: (stopping = new AbortController().signal) => module.get(CleanUp).run(stopping),
    stop: () => module.close(),
  };
}
