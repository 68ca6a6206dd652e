/**
 * The process's own clocks. Nothing about expiry is decided by them: the database's time decides
 * (docs/reference/data.md). They serve durations, logs and timers only.
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
