/**
 * The clocks of this process, for durations, logs and timers only. Whether something has expired is
 * decided by the clock of the database (docs/reference/data.md).
 */
export interface Clock {
  /** Wall-clock time. */
  now(): Date;
  /** Milliseconds of a clock that never jumps, from an arbitrary origin. */
  monotonicMilliseconds(): number;
}

export const Clock = Symbol('Clock');

export class SystemClock implements Clock {
  now(): Date {
    return new Date();
  }

  monotonicMilliseconds(): number {
    return performance.now();
  }
}
