import { Logger } from '@nestjs/common';

import { ExpiredLimitCleaner } from './expired-limit-cleaner.service';
import type { RateLimitRepository } from './rate-limit.repository';

const FIVE_MINUTES = 5 * 60 * 1_000;

/** Stands for the repository, whose deletion is tested where PostgreSQL runs. */
class Deletions {
  started = 0;
  next: () => Promise<number> = () => Promise.resolve(0);

  deleteExpired(): Promise<number> {
    this.started += 1;
    return this.next();
  }
}

describe('ExpiredLimitCleaner', () => {
  const deletions = new Deletions();
  let cleaner: ExpiredLimitCleaner;

  beforeEach(() => {
    jest.useFakeTimers();
    deletions.started = 0;
    deletions.next = () => Promise.resolve(0);
    cleaner = new ExpiredLimitCleaner(deletions as unknown as RateLimitRepository);
    cleaner.onApplicationBootstrap();
  });

  afterEach(async () => {
    await cleaner.onModuleDestroy();
    jest.useRealTimers();
    jest.restoreAllMocks();
  });

  it('cleans every five minutes', async () => {
    await jest.advanceTimersByTimeAsync(3 * FIVE_MINUTES);
    expect(deletions.started).toBe(3);
  });

  it('goes on after a run that failed, and says so without the reason', async () => {
    const warn = jest.spyOn(Logger.prototype, 'warn').mockReturnValue();
    deletions.next = () => Promise.reject(new Error('connection to 10.0.0.1 lost'));
    await jest.advanceTimersByTimeAsync(2 * FIVE_MINUTES);
    expect(deletions.started).toBe(2);
    expect(warn.mock.calls).toEqual(Array(2).fill(['expired rate limits could not be deleted']));
  });

  it('starts no second run beside one that is under way', async () => {
    let finish: (deleted: number) => void = () => undefined;
    deletions.next = () => new Promise((resolve) => (finish = resolve));
    await jest.advanceTimersByTimeAsync(3 * FIVE_MINUTES);
    expect(deletions.started).toBe(1);

    deletions.next = () => Promise.resolve(0);
    finish(0);
  });

  it('waits for the run that is under way when the application stops, and starts no other', async () => {
    let finish: (deleted: number) => void = () => undefined;
    deletions.next = () => new Promise((resolve) => (finish = resolve));
    await jest.advanceTimersByTimeAsync(FIVE_MINUTES);

    let stopped = false;
    const stopping = cleaner.onModuleDestroy().then(() => (stopped = true));
    await jest.advanceTimersByTimeAsync(FIVE_MINUTES);
    expect(stopped).toBe(false);

    finish(0);
    await stopping;
    expect(deletions.started).toBe(1);
  });
});
