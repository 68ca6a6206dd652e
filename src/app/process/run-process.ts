import { constants } from 'node:os';

import type { LoggerService } from '@nestjs/common';

import { SystemClock } from '../../common/clock';
import { errorName } from '../../common/loggable-error';
import { failureLine } from './start-failure';
import { sizeThreadPool } from './thread-pool';

const STOP_SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

/**
 * A signal that follows this closely is the same wish: a terminal sends Ctrl-C to us and to npm,
 * and npm passes it on to us.
 */
const SAME_WISH_MILLISECONDS = 500;

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
  const stopWanted = stopSignal();
  let running: Running;
  try {
    running = await start();
  } catch (error) {
    endWithFailure(error, logger);
  }
  await stopWanted;
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

/** @returns the first signal; every later one that is a wish of its own ends the process. */
function stopSignal(): Promise<NodeJS.Signals> {
  const clock = new SystemClock();
  let first: number | undefined;
  return new Promise((resolve) => {
    for (const signal of STOP_SIGNALS) {
      process.on(signal, () => {
        const now = clock.monotonicMilliseconds();
        if (first === undefined) {
          first = now;
          resolve(signal);
        } else if (now - first > SAME_WISH_MILLISECONDS) {
          process.exit(128 + constants.signals[signal]);
        }
      });
    }
  });
}
