import { once } from 'node:events';

import type { LoggerService } from '@nestjs/common';

import { errorName } from '../../common/loggable-error';
import { failureLine } from './start-failure';
import { stopSignal } from './stop-signal';
import { sizeThreadPool } from './thread-pool';

/** Something that runs until it is stopped. */
export interface Running {
  stop(): Promise<void>;
}

/**
 * Runs a service as this process: starts it, waits for a signal, stops it, and ends the process
 * with 0. A second signal ends it at once. If it cannot start, it ends with 1 and one line on
 * standard error.
 *
 * @param start is not interrupted by a signal: the service is stopped when it has started.
 */
export async function runProcess(
  logger: LoggerService,
  start: () => Promise<Running>,
): Promise<never> {
  sizeThreadPool();
  process.on('uncaughtException', (error) => {
    logger.error('Uncaught error', error, 'Process');
    process.exit(1);
  });
  const stop = stopSignal();
  let running: Running;
  try {
    running = await start();
  } catch (error) {
    endWithFailure(error, logger);
  }
  if (!stop.aborted) await once(stop, 'abort');
  try {
    await running.stop();
  } catch (error) {
    logger.error('Stopping failed', error, 'Process');
    process.exit(1);
  }
  process.exit(0);
}

/** Ends the process because it could not start. */
export function endWithFailure(error: unknown, logger?: LoggerService): never {
  const line = failureLine(error);
  if (line === undefined) logger?.error('Start failed', error, 'Process');
  process.stderr.write(`MIRA Auth cannot start: ${line ?? `unexpected ${errorName(error)}`}\n`);
  process.exit(1);
}
