import 'reflect-metadata';

import { mkdir } from 'node:fs/promises';
import { join, resolve } from 'node:path';

import type { LoggerService } from '@nestjs/common';

import { SystemClock } from '../../common/clock';
import { readEnvironment, type ServiceEnvironment, type Variables } from '../env';
import { DOCS_PATH } from '../openapi';
import { runCommand } from '../process/command';
import { checkPort } from '../process/preflight';
import { endWithFailure, type Running } from '../process/run-process';
import { runService } from '../process/run-service';
import { StartFailure } from '../process/start-failure';
import { startService } from '../service';
import { DevelopmentModule } from './development.module';
import { isDatabaseGiven, provideDatabase } from './development-database';
import { MailboxMailer } from './mailbox.mailer';
import { MAILBOX_PATH } from './mailbox-page';
import { provideMasterKey } from './master-key-file';
import { stopWithNpm } from './npm-parent';

/** The folder for what is kept between starts. npm starts us in the repository. */
const FOLDER = resolve('.mira');

const HELP = `
Runs the service in development mode until Ctrl-C, with a database, a master key and a mailbox of
its own where the environment names none. Everything else works as in production. It keeps its data
in the folder .mira.

To use other things, set AUTH_DATABASE_URL, AUTH_MASTER_KEY, or AUTH_SMTP_URL and AUTH_MAIL_FROM;
PORT (3000) is where it listens. docs/options.md has every variable.
`;

async function main(): Promise<never> {
  const variables = await developmentVariables().catch(endWithFailure);
  const readVariables = (): ServiceEnvironment => readEnvironment(variables, 'development');
  return runService('development', readVariables, (environment, logger) => {
    stopWithNpm();
    return start(environment, variables, logger);
  });
}

/** The variables of this process, with a master key from a file if they have none. */
async function developmentVariables(): Promise<Variables> {
  if (process.env['NODE_ENV'] === 'production') {
    throw new StartFailure(
      'npm start is development mode, which NODE_ENV=production rules out: use npm run start:prod',
    );
  }
  if (process.env['AUTH_MASTER_KEY'] !== undefined) return { ...process.env };
  await mkdir(FOLDER, { recursive: true, mode: 0o711 }).catch((error: unknown) => {
    throw new StartFailure(`${FOLDER} cannot be made`, { cause: error });
  });
  const AUTH_MASTER_KEY = await provideMasterKey(join(FOLDER, 'master-key'));
  return { ...process.env, AUTH_MASTER_KEY };
}

async function start(
  { auth, http }: ServiceEnvironment,
  variables: Variables,
  logger: LoggerService,
): Promise<Running> {
  // Before the database, which takes longer: a second `npm start` fails at once.
  await checkPort(http.host, http.port);
  const database = await provideDatabase(FOLDER, variables, auth.database);
  try {
    const mailbox =
      auth.mail === undefined
        ? new MailboxMailer(new SystemClock(), variables['AUTH_MAIL_FROM'])
        : undefined;
    const service = await startService({
      auth: {
        ...auth,
        database: { ...auth.database, url: database.url },
        ...(mailbox && { mailer: mailbox }),
      },
      imports: mailbox === undefined ? [] : [DevelopmentModule.forRoot(mailbox)],
      http,
      logger,
      graceMilliseconds: 0,
    });
    greet(localUrl(http.host, service.port), mailbox !== undefined, isDatabaseGiven(variables));
    return { stop: () => service.stop().finally(() => database.stop()) };
  } catch (error) {
    await database.stop();
    throw error;
  }
}

/** Where a browser on this machine finds the service. */
function localUrl(host: string, port: number): string {
  const isAnyOrLocal = ['127.0.0.1', '0.0.0.0', '::', '::1', 'localhost'].includes(host);
  const name = host.includes(':') ? `[${host}]` : host;
  return `http://${isAnyOrLocal ? 'localhost' : name}:${port.toString()}`;
}

function greet(url: string, hasMailbox: boolean, usesGivenDatabase: boolean): void {
  const lines = [
    '',
    'MIRA Auth runs in development mode.',
    '',
    `  Sign in               ${url}/auth/sign-in`,
    ...(hasMailbox ? [`  Development mailbox   ${url}${MAILBOX_PATH}`] : []),
    `  API documentation     ${url}${DOCS_PATH}`,
    '',
    usesGivenDatabase ? 'It uses the database that the environment names.' : `Data: ${FOLDER}`,
    'Stop it with Ctrl-C.',
    '',
  ];
  process.stdout.write(`${lines.join('\n')}\n`);
}

void runCommand({ name: 'npm start', help: HELP, run: main });
