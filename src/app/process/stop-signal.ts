import { constants } from 'node:os';

import { SystemClock } from '../../common/clock';

const STOP_SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

/**
 * A signal that follows the first one this closely is the same wish: a terminal sends Ctrl-C to us
 * and to npm, and npm passes it on to us.
 */
const SAME_WISH_MILLISECONDS = 500;

/**
 * Listens for the signals that stop a process, which then do not end it themselves.
 *
 * @returns aborts with the first signal. A second one ends the process at once.
 */
export function stopSignal(): AbortSignal {
  const controller = new AbortController();
  const clock = new SystemClock();
  let first: number | undefined;
  for (const signal of STOP_SIGNALS) {
    process.on(signal, () => {
      const now = clock.monotonicMilliseconds();
      first ??= now;
      controller.abort();
      if (now - first > SAME_WISH_MILLISECONDS) process.exit(128 + constants.signals[signal]);
    });
  }
  return controller.signal;
}
