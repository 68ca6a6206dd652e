import type { Clock } from '../../common/clock';
import { SESSION_LEASE_MILLISECONDS } from '../../config/session-lease';

/** The process's two clocks at one moment, in milliseconds. */
export interface ClockReading {
  readonly monotonic: number;
  readonly wall: number;
}

export function readClocks(clock: Clock): ClockReading {
  return { monotonic: clock.monotonicMilliseconds(), wall: clock.now().getTime() };
}

/**
 * The right to answer from memory for one second. The second begins when the query for revocations
 * is sent, not when its answer arrives: the answer shows the state at some moment in between.
 */
export class SessionLease {
  /**
   * @param queriedAt when the query was sent.
   * @param databaseTime the database's time some moment after `queriedAt`, in Unix milliseconds.
   */
  constructor(
    private readonly queriedAt: ClockReading,
    private readonly databaseTime: number,
  ) {}

  /**
   * Whether the lease is still valid. The clock that has advanced further counts: the wall clock
   * may be set back, and the monotonic clock stands still while the machine sleeps.
   */
  isHeld({ monotonic, wall }: ClockReading): boolean {
    return (
      monotonic - this.queriedAt.monotonic < SESSION_LEASE_MILLISECONDS &&
      wall - this.queriedAt.wall < SESSION_LEASE_MILLISECONDS
    );
  }

  /**
   * The estimated database time in Unix milliseconds. It is ahead by at most the latency of the
   * query, so sessions never outlive their expiry.
   */
  databaseTimeAt(monotonic: number): number {
    return this.databaseTime + (monotonic - this.queriedAt.monotonic);
  }
}
