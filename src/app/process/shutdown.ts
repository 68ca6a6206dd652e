import { setTimeout as delay } from 'node:timers/promises';

import type { LoggerService } from '@nestjs/common';
import type { NestExpressApplication } from '@nestjs/platform-express';

import { SystemClock } from '../../common/clock';
import { withDeadline } from '../../common/with-deadline';
import { Drain } from './drain.service';

/** For the whole stop: orchestrators kill after ten seconds or more (attack catalogue, F10). */
const SHUTDOWN_MILLISECONDS = 9_500;

/** For the requests under way: somewhat longer than their longest statement may take. */
const REQUESTS_MILLISECONDS = 6_500;

export interface ShutdownSettings {
  /** How long readiness fails before the service stops listening, so that load balancers notice. */
  readonly graceMilliseconds: number;
  readonly logger: LoggerService;
}

/**
 * Stops the service. First readiness fails; then no new request is accepted, and those under way
 * finish; then pools and mailers close. All of it takes less than ten seconds.
 *
 * @throws Error when something did not close in time.
 */
export async function stopService(
  app: NestExpressApplication,
  { graceMilliseconds, logger }: ShutdownSettings,
): Promise<void> {
  const clock = new SystemClock();
  const deadline = clock.monotonicMilliseconds() + SHUTDOWN_MILLISECONDS;
  const drain = app.get(Drain);
  logger.log('Stopping', 'Service');
  drain.announce();
  await delay(graceMilliseconds);
  await drain.finish(app.getHttpServer(), REQUESTS_MILLISECONDS);
  await withDeadline(
    {
      milliseconds: deadline - clock.monotonicMilliseconds(),
      tooLate: () => new Error('The service did not stop in time.'),
    },
    () => app.close(),
  );
  logger.log('Stopped', 'Service');
}
