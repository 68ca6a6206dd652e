import type { INestApplicationContext, LoggerService } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';

import { AuthModule } from '../../auth/auth.module';
import type { ServiceEnvironment } from '../env';
import { checkDatabase } from './preflight';

/**
 * Starts the module in a process that answers no requests, for one piece of its work.
 *
 * @param mailWorker whether it sends mail.
 * @throws StartFailure when the database does not answer or was not migrated.
 */
export async function startWithoutHttp(
  { auth }: ServiceEnvironment,
  logger: LoggerService,
  { mailWorker }: { readonly mailWorker: boolean },
): Promise<INestApplicationContext> {
  await checkDatabase(auth.database);
  return NestFactory.createApplicationContext(
    AuthModule.forRoot({
      ...auth,
      mailWorker,
      routes: false,
      // No sessions are checked here, so none are kept in memory.
      session: { ...auth.session, cacheEntries: 0 },
      // Services and the command of that name delete what has expired, on their own schedule.
      cleanUp: { ...auth.cleanUp, intervalSeconds: 0 },
    }),
    // Nest would end the process itself, with a dump.
    { logger, abortOnError: false },
  );
}
