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
 * with 0. A second signal ends it at once. What keeps it from starting is one line on standard
 * error, and exit code 1.
 *
 * @param start a signal that arrives meanwhile is obeyed as soon as it has returned.
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
