import type { LoggerService } from '@nestjs/common';

import { type Mode, type ServiceEnvironment, takeProductionEnvironment } from '../env';
import { createLogger } from '../logging/create-logger';
import { endWithFailure, type Running, runProcess } from './run-process';
import { stopSignal } from './stop-signal';

/** Starts what runs until it is stopped. */
export type Start = (environment: ServiceEnvironment, logger: LoggerService) => Promise<Running>;

/** Runs a service in production, as this process, until a signal stops it. */
export function runProductionService(start: Start): Promise<never> {
  return runService('production', takeProductionEnvironment, start);
}

/**
 * Runs a service as this process until a signal stops it.
 *
 * @param readEnvironment throws a failure that is shown as one line.
 */
export async function runService(
  mode: Mode,
  readEnvironment: () => ServiceEnvironment,
  start: Start,
): Promise<never> {
  let environment: ServiceEnvironment;
  try {
    environment = readEnvironment();
  } catch (error) {
    endWithFailure(error);
  }
  const logger = openLog(mode, environment);
  return runProcess(logger, () => start(environment, logger));
}

/**
 * Does something in production that comes to an end by itself.
 *
 * @param work is told by the signal to end early.
 */
export async function runOnce(
  work: (
    environment: ServiceEnvironment,
    logger: LoggerService,
    stop: AbortSignal,
  ) => Promise<void>,
): Promise<void> {
  const environment = takeProductionEnvironment();
  await work(environment, openLog('production', environment), stopSignal());
}

/** The log of this process, which begins with what is odd about its environment. */
function openLog(mode: Mode, { auth, warnings }: ServiceEnvironment): LoggerService {
  const logger = createLogger(mode, auth);
  for (const warning of warnings) logger.warn(warning, 'Environment');
  return logger;
}
