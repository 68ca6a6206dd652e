import type { Clock } from '../../common/clock';
import { SESSION_LEASE_MILLISECONDS } from '../../config/session-lease';

/** The process's clocks at one moment. */
export interface ClockReading {
  readonly monotonic: number;
  readonly wall: number;
}

export function readClocks(clock: Clock): ClockReading {
  return { monotonic: clock.monotonicMilliseconds(), wall: clock.now().getTime() };
}

/**
 * The right to answer from memory, for one second from the moment at which it was asked what was
 * revoked. It is counted from the question and not from the answer, which tells of the time in
 * between or of some moment of it; nobody knows which.
 */
export class SessionLease {
  /**
   * @param asked when the question was sent.
   * @param databaseTime Unix milliseconds by the database's clock, at some moment after `asked`.
   */
  constructor(
    private readonly asked: ClockReading,
    private readonly databaseTime: number,
  ) {}

  /**
   * Whether it is good still. Two clocks are asked, and the one that has gone further counts: the
   * wall clock may be set, and the monotonic one stands still while a machine sleeps.
   */
  isHeld({ monotonic, wall }: ClockReading): boolean {
    return (
      monotonic - this.asked.monotonic < SESSION_LEASE_MILLISECONDS &&
      wall - this.asked.wall < SESSION_LEASE_MILLISECONDS
    );
  }

  /**
   * Unix milliseconds by the database's clock, or the few more that the question took to get
   * there: what expires by it never lives too long.
   */
  databaseTimeAt(monotonic: number): number {
    return this.databaseTime + (monotonic - this.asked.monotonic);
  }
}
