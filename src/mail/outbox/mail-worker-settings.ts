import { randomInt } from 'node:crypto';

/** Settings of the mail worker. All times in milliseconds. */
export interface MailWorkerSettings {
  /** Whether this process sends mail. Otherwise it only queues it for another process. */
  readonly enabled: boolean;
  /** Most mails that are sent at the same time. */
  readonly concurrency: number;
  /** Longest time between two polls of the outbox, in case a notification is lost. */
  readonly pollIntervalMilliseconds: number;
  /** Longest time that composing and sending one mail may take. */
  readonly attemptTimeoutMilliseconds: number;
  /**
   * How long a claimed mail belongs to its worker. Longer than an attempt plus the time to record
   * its outcome, so that two live workers never send the same mail.
   */
  readonly leaseMilliseconds: number;
  /** How long a stopping worker waits for the mails that it is sending. */
  readonly stopTimeoutMilliseconds: number;
  /** Delay after the first failure. It doubles with each further one. */
  readonly firstRetryMilliseconds: number;
  /** Longest delay. Short, because a person is waiting for the mail. */
  readonly longestRetryMilliseconds: number;
  /** How long to retry a mail that sets no expiry of its own. */
  readonly lifetimeMilliseconds: number;
  /** A number from 0 (included) to 1 (excluded) that spreads the retries of many mails. */
  readonly random: () => number;
}

export const MailWorkerSettings = Symbol('MailWorkerSettings');

const SECOND = 1_000;
const HOUR = 3_600 * SECOND;

export const DEFAULT_MAIL_WORKER_SETTINGS: MailWorkerSettings = {
  enabled: true,
  concurrency: 5,
  pollIntervalMilliseconds: 5 * SECOND,
  attemptTimeoutMilliseconds: 60 * SECOND,
  leaseMilliseconds: 90 * SECOND,
  // The whole service stops within 10 seconds (attack catalogue, F10).
  stopTimeoutMilliseconds: 5 * SECOND,
  firstRetryMilliseconds: 1 * SECOND,
  longestRetryMilliseconds: 30 * SECOND,
  // The last mail to an erased account holds the address, which must be gone within a day.
  lifetimeMilliseconds: 24 * HOUR,
  random: () => randomInt(0, 2 ** 32) / 2 ** 32,
};

/**
 * How long to wait after a failed attempt. The delay doubles with each attempt and is spread at
 * random over its upper half, so that the mails of one outage are not all retried at once.
 *
 * @param attempts how often the mail was tried, at least 1.
 * @returns milliseconds.
 */
export function retryDelay(attempts: number, settings: MailWorkerSettings): number {
  const { firstRetryMilliseconds, longestRetryMilliseconds, random } = settings;
  const full = Math.min(firstRetryMilliseconds * 2 ** (attempts - 1), longestRetryMilliseconds);
  return Math.round(full / 2 + (full / 2) * random());
}
