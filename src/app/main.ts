import 'reflect-metadata';

import { runCommand } from './process/command';
import { checkDatabase, checkPort } from './process/preflight';
import { runProductionService, type Start } from './process/run-service';
import { METRICS_VARIABLES } from './process/start-failure';
import { startService } from './service';

/** Balancers ask for readiness about every second; they shall see it fail before we stop. */
const GRACE_MILLISECONDS = 1_000;

const HELP = `
Serves sign-in and sessions over HTTP in production, until a signal stops it.

It needs AUTH_MASTER_KEY, AUTH_SMTP_URL, AUTH_MAIL_FROM, and the database's runtime role in
AUTH_DATABASE_URL (postgres://user:password@host:port/database). Set AUTH_PUBLIC_URL to the address
under which people reach it, and PORT (3000) to where it listens. Run "npm run migrate" before each
new release. docs/options.md has every variable.
`;

const start: Start = async ({ auth, http, metrics }, logger) => {
  await checkPort(http.host, http.port);
  if (metrics) await checkPort(metrics.host, metrics.port, METRICS_VARIABLES);
  await checkDatabase(auth.database);
  return startService({
    auth,
    http,
    ...(metrics && { metrics }),
    logger,
    graceMilliseconds: GRACE_MILLISECONDS,
  });
};

void runCommand({
  name: 'npm run start:prod',
  help: HELP,
  run: () => runProductionService(start),
});
