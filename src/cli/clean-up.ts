import 'reflect-metadata';

import { NestFactory } from '@nestjs/core';

import { type ServiceEnvironment, takeProductionEnvironment } from '../app/env';
import { createLogger } from '../app/logging/create-logger';
import { checkDatabase } from '../app/process/preflight';
import { databaseFailure, failureLine, RUNTIME_ROLE_VARIABLES } from '../app/process/start-failure';
import { AuthModule } from '../auth/auth.module';
import { CleanUp } from '../clean-up/clean-up.service';

const NAME = 'npm run clean-up';

const HELP = `Usage: ${NAME}

Deletes once, and now, what services on the same database delete from time to time: links and
sessions that expired and mails that ended longer ago than their retention, limits that decide
nothing any more, and counts of wrong codes that nobody added to for 30 days. For those who set
AUTH_CLEAN_UP_INTERVAL_MINUTES=0 and have a timer of their own.

The log tells what was deleted, in its last line. Where it meets a batch of another process it leaves
the rest to that one, and its outcome is "yielded". A signal stops it after the batch under way.

The environment is that of the service (npm run start:prod); AUTH_LINK_RETENTION_DAYS,
AUTH_SESSION_RETENTION_DAYS and AUTH_MAIL_RETENTION_DAYS say how long things stand.
`;

const STOP_SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

/** @returns aborts with the first signal. */
function stopSignal(): AbortSignal {
  const controller = new AbortController();
  for (const signal of STOP_SIGNALS) process.once(signal, () => controller.abort());
  return controller.signal;
}

/** A service without HTTP that does nothing else. */
async function cleanUp(
  { auth }: ServiceEnvironment,
  logger: ReturnType<typeof createLogger>,
  stopping: AbortSignal,
): Promise<void> {
  await checkDatabase(auth.database);
  const context = await NestFactory.createApplicationContext(
    AuthModule.forRoot({
      ...auth,
      mailWorker: false,
      routes: false,
      session: { ...auth.session, cacheEntries: 0 },
      cleanUp: { ...auth.cleanUp, intervalSeconds: 0 },
    }),
    // Nest would end the process itself, with a dump.
    { logger, abortOnError: false },
  );
  try {
    await context.get(CleanUp).run(stopping);
  } finally {
    await context.close();
  }
}

/** Ends the process; messages of the database repeat SQL and values, so only ours are shown. */
function endWith(error: unknown): never {
  const line = failureLine(databaseFailure(error, RUNTIME_ROLE_VARIABLES));
  const name = error instanceof Error ? error.constructor.name : typeof error;
  process.stderr.write(`${NAME}: ${line ?? `unexpected ${name}`}\n`);
  process.exit(1);
}

/** Ends with 0 when it is done, yielded or was stopped, 1 for a failure, 2 for a wrong call. */
async function main([argument, ...more]: readonly string[]): Promise<void> {
  if (more.length === 0 && (argument === '--help' || argument === '-h')) {
    console.log(HELP);
    return;
  }
  if (argument !== undefined) {
    console.error(`${NAME} takes no arguments: see --help`);
    process.exitCode = 2;
    return;
  }
  try {
    const environment = takeProductionEnvironment();
    const logger = createLogger('production', environment.auth);
    for (const warning of environment.warnings) logger.warn(warning, 'Environment');
    await cleanUp(environment, logger, stopSignal());
  } catch (error) {
    endWith(error);
  }
}

void main(process.argv.slice(2));
