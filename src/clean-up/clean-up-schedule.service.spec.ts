import { Logger } from '@nestjs/common';

import { UnavailableError } from '../common/errors';
import type { CleanUp, CleanUpOutcome } from './clean-up.service';
import { CleanUpSchedule } from './clean-up-schedule.service';

const INTERVAL = 60;

/** Stands for the clean-up itself, which is tested where PostgreSQL runs. */
class Runs {
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
  let runs: Runs;
  let schedule: CleanUpSchedule;

  const start = (intervalSeconds: number): void => {
    runs = new Runs();
    const cleanUp = {
      intervalSeconds,
      linkRetentionSeconds: 0,
      sessionRetentionSeconds: 0,
      mailRetentionSeconds: 0,
    };
    schedule = new CleanUpSchedule(runs as unknown as CleanUp, { cleanUp });
    schedule.onApplicationBootstrap();
  };

  const pass = (intervals: number): Promise<void> =>
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

  it('runs once in every interval, for the first time after one', async () => {
    await pass(0.99);
    expect(runs.started).toBe(0);
    await pass(3.01);
    expect(runs.started).toBe(4);
  });

  it('never runs with an interval of 0', async () => {
    start(0);
    await pass(10_000);
    expect(runs.started).toBe(0);
  });

  it('goes on after a run that failed, and tells its class and not its words', async () => {
    const warn = jest.spyOn(Logger.prototype, 'warn').mockReturnValue();
    const cause = new Error('connection to 10.0.0.1 lost');
    runs.next = () => Promise.reject(new UnavailableError(1, undefined, { cause }));
    await pass(2);
    expect(runs.started).toBe(2);
    expect(warn.mock.calls).toEqual(
      Array(2).fill([
        { message: 'The clean-up failed; the next one goes on', error: 'UnavailableError' },
      ]),
    );
  });

  it('starts no second run beside one that is under way', async () => {
    let finish: (outcome: CleanUpOutcome) => void = () => undefined;
    runs.next = () => new Promise((resolve) => (finish = resolve));
    await pass(5);
    expect(runs.started).toBe(1);

    runs.next = () => Promise.resolve('completed');
    finish('completed');
    await pass(1);
    expect(runs.started).toBe(2);
  });

  it('tells the run under way when the application stops, waits for it, and starts no other', async () => {
    let finish: (outcome: CleanUpOutcome) => void = () => undefined;
    runs.next = () => new Promise((resolve) => (finish = resolve));
    await pass(1);
    expect(runs.signal?.aborted).toBe(false);

    let stopped = false;
    const stopping = schedule.onModuleDestroy().then(() => (stopped = true));
    await pass(1);
    expect([stopped, runs.signal?.aborted]).toEqual([false, true]);

    finish('stopped');
    await stopping;
    await pass(3);
    expect(runs.started).toBe(1);
  });
});
