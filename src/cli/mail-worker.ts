import 'reflect-metadata';

import { NestFactory } from '@nestjs/core';

import { type ServiceEnvironment, takeProductionEnvironment } from '../app/env';
import { createLogger } from '../app/logging/create-logger';
import { checkDatabase } from '../app/process/preflight';
import { endWithFailure, type Running, runProcess } from '../app/process/run-process';
import { AuthModule } from '../auth/auth.module';

const NAME = 'npm run mail-worker';

const HELP = `Usage: ${NAME}

Sends the mails that services on the same database have queued, until it is stopped. It serves no
requests. Any number may run beside each other and beside services, which send mail as well.

The environment is that of the service (npm run start:prod), with AUTH_MASTER_KEY, the runtime
role's AUTH_DATABASE_URL, AUTH_SMTP_URL, AUTH_MAIL_FROM and AUTH_PUBLIC_URL as the services have
them: links are made anew for each mail.
`;

/** A service without HTTP, whose outbox is all that is left to do. */
async function startWorker(
  { auth }: ServiceEnvironment,
  logger: ReturnType<typeof createLogger>,
): Promise<Running> {
  await checkDatabase(auth.database);
  const worker = await NestFactory.createApplicationContext(
    AuthModule.forRoot({
      ...auth,
      mailWorker: true,
      routes: false,
      // It checks no sessions, so it needs no news of them.
      session: { ...auth.session, cacheEntries: 0 },
      // It sends mail and does nothing else.
      cleanUp: { ...auth.cleanUp, intervalSeconds: 0 },
    }),
    // Nest would end the process itself, with a dump.
    { logger, abortOnError: false },
  );
  logger.log('Sending mail', 'Service');
  return {
    stop: async () => {
      logger.log('Stopping', 'Service');
      await worker.close();
      logger.log('Stopped', 'Service');
    },
  };
}

function environmentOrEnd(): ServiceEnvironment {
  try {
    return takeProductionEnvironment();
  } catch (error) {
    return endWithFailure(error);
  }
}

/** Ends with 0 for `--help` and after a signal, with 1 for a failure, with 2 for a wrong call. */
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
  const environment = environmentOrEnd();
  const logger = createLogger('production', environment.auth);
  for (const warning of environment.warnings) logger.warn(warning, 'Environment');
  await runProcess(logger, () => startWorker(environment, logger));
}

void main(process.argv.slice(2));
