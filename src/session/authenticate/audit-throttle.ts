import { LRUCache } from 'lru-cache';

import type { Clock } from '../../common/clock';

/** Sessions and reasons; of those that are pushed out it is asked again. */
const MOST_PAUSES = 10_000;

/**
 * Remembers what is not to be recorded again for a while, so that whoever keeps presenting a
 * session that is refused costs no further transaction. It decides nothing: it only saves this
 * process a question that the limiter has answered.
 */
export class AuditThrottle {
  /** When each ends: monotonic milliseconds. */
  private readonly ends = new LRUCache<string, number>({ max: MOST_PAUSES });

  constructor(private readonly clock: Clock) {}

  suppress(key: string, seconds: number): void {
    this.ends.set(key, this.clock.monotonicMilliseconds() + seconds * 1_000);
  }

  isSuppressed(key: string): boolean {
    const end = this.ends.get(key);
    return end !== undefined && this.clock.monotonicMilliseconds() < end;
  }
}
