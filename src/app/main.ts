import 'reflect-metadata';

import { type ServiceEnvironment, takeProductionEnvironment } from './env';
import { createLogger } from './logging/create-logger';
import { checkDatabase, checkPort } from './process/preflight';
import { endWithFailure, runProcess } from './process/run-process';
import { METRICS_VARIABLES } from './process/start-failure';
import { startService } from './service';

/** Balancers ask for readiness about every second; they shall see it fail before we stop. */
const GRACE_MILLISECONDS = 1_000;

/** `npm run start:prod`: the service in production, told everything by its environment. */
async function main(): Promise<never> {
  const { auth, http, metrics, warnings } = environmentOrEnd();
  const logger = createLogger('production', auth);
  for (const warning of warnings) logger.warn(warning, 'Environment');
  return runProcess(logger, async () => {
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
  });
}

function environmentOrEnd(): ServiceEnvironment {
  try {
    return takeProductionEnvironment();
  } catch (error) {
    return endWithFailure(error);
  }
}

void main();
