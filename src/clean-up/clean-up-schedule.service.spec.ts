import { Logger } from '@nestjs/common';

import { UnavailableError } from '../common/errors';
import type { CleanUp, CleanUpOutcome } from './clean-up.service';
import { CleanUpSchedule } from './clean-up-schedule.service';

const INTERVAL = 60;

/** A fake of the clean-up, which the integration tests run against PostgreSQL. */
class FakeCleanUp {
  started = 0;
  signal: AbortSignal | undefined;
  next: () => Promise<CleanUpOutcome> = () => Promise.resolve('completed');

  run(signal: AbortSignal): Promise<CleanUpOutcome> {
    this.started += 1;
    this.signal = signal;
    return this.next();
  }
}

describe('CleanUpSchedule', () => {
  let runs: FakeCleanUp;
  let schedule: CleanUpSchedule;

  const start = (intervalSeconds: number): void => {
    runs = new FakeCleanUp();
    const cleanUp = {
      intervalSeconds,
      linkRetentionSeconds: 0,
      sessionRetentionSeconds: 0,
      mailRetentionSeconds: 0,
    };
    schedule = new CleanUpSchedule(runs as unknown as CleanUp, { cleanUp });
    schedule.onApplicationBootstrap();
  };

  const advance = (intervals: number): Promise<void> =>
    jest.advanceTimersByTimeAsync(intervals * INTERVAL * 1_000);

  beforeEach(() => {
    jest.useFakeTimers();
    start(INTERVAL);
  });

  afterEach(async () => {
    await schedule.onModuleDestroy();
    jest.useRealTimers();
    jest.restoreAllMocks();
  });

  it('runs once in each interval, first at the end of one', async () => {
    await advance(0.99);
    expect(runs.started).toBe(0);
    await advance(3.01);
    expect(runs.started).toBe(4);
  });

  it('never runs with an interval of 0', async () => {
    start(0);
    await advance(10_000);
    expect(runs.started).toBe(0);
  });

  it('continues after a failed run, and logs only the class of the error', async () => {
    const warn = jest.spyOn(Logger.prototype, 'warn').mockReturnValue();
    const cause = new Error('connection to 10.0.0.1 lost');
    runs.next = () => Promise.reject(new UnavailableError(1, undefined, { cause }));
    await advance(2);
    expect(runs.started).toBe(2);
    expect(warn.mock.calls).toEqual(
      Array(2).fill([
        { message: 'The clean-up failed; the next run continues', error: 'UnavailableError' },
      ]),
    );
  });

  it('starts no run while another is in progress', async () => {
    let finish: (outcome: CleanUpOutcome) => void = () => undefined;
    runs.next = () => new Promise((resolve) => (finish = resolve));
    await advance(5);
    expect(runs.started).toBe(1);

    runs.next = () => Promise.resolve('completed');
    finish('completed');
    await advance(1);
    expect(runs.started).toBe(2);
  });

  it('aborts the run in progress at shutdown, waits for it, and starts no other', async () => {
    let finish: (outcome: CleanUpOutcome) => void = () => undefined;
    runs.next = () => new Promise((resolve) => (finish = resolve));
    await advance(1);
    expect(runs.signal?.aborted).toBe(false);

    let stopped = false;
    const stopping = schedule.onModuleDestroy().then(() => (stopped = true));
    await advance(1);
    expect([stopped, runs.signal?.aborted]).toEqual([false, true]);

    finish('stopped');
    await stopping;
    await advance(3);
    expect(runs.started).toBe(1);
  });
});
