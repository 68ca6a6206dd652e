import { randomInt } from 'node:crypto';

/** How the worker goes about its work. All times in milliseconds. */
export interface MailWorkerSettings {
  /** Whether this process sends mail, and does not only queue it for another one. */
  readonly enabled: boolean;
  /** Most mails that are being sent together. */
  readonly concurrency: number;
  /** Longest time between two looks at the outbox, for when a notification is lost. */
  readonly pollIntervalMilliseconds: number;
  /** Longest time that composing and sending one mail may take. */
  readonly attemptTimeoutMilliseconds: number;
  /**
   * How long a claimed mail is left to its worker. Longer than an attempt, with time to record
   * what came of it, so that no two workers send one mail while both live.
   */
  readonly leaseMilliseconds: number;
  /** How long a stopping worker waits for what it is sending. */
  readonly stopTimeoutMilliseconds: number;
  /** Wait after the first failure; it doubles with each further one. */
  readonly firstRetryMilliseconds: number;
  /** Longest wait: the person is still there, looking at an empty mailbox. */
  readonly longestRetryMilliseconds: number;
  /** How long a mail that sets no time of its own is tried. */
  readonly lifetimeMilliseconds: number;
  /** Number from 0 (included) to 1 (excluded), spreads the retries of many mails. */
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
  // The last mail of an erased account takes its address with it within a day.
  lifetimeMilliseconds: 24 * HOUR,
  random: () => randomInt(0, 2 ** 32) / 2 ** 32,
};

/**
 * How long to wait after an attempt that failed: doubling, and spread over its upper half, so that
 * the mails of one outage don't come back all at once.
 *
 * @param attempts how often the mail was tried, at least 1.
 */
export function retryDelay(attempts: number, settings: MailWorkerSettings): number {
  const { firstRetryMilliseconds, longestRetryMilliseconds, random } = settings;
  const full = Math.min(firstRetryMilliseconds * 2 ** (attempts - 1), longestRetryMilliseconds);
  return Math.round(full / 2 + (full / 2) * random());
}
