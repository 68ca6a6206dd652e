import { LRUCache } from 'lru-cache';

import type { Clock } from '../../common/clock';

/** Entries, one per session and kind of event. An evicted one only costs another limiter query. */
const MAX_ENTRIES = 10_000;

/**
 * Remembers which events need not be recorded again for a while, so that a refused session that is
 * presented again and again costs no further transactions. It decides nothing itself: it only
 * caches the limiter's answers.
 */
export class AuditThrottle {
  /** When each suppression ends, in monotonic milliseconds. */
  private readonly endsAt = new LRUCache<string, number>({ max: MAX_ENTRIES });

  constructor(private readonly clock: Clock) {}

  suppress(key: string, seconds: number): void {
    this.endsAt.set(key, this.clock.monotonicMilliseconds() + seconds * 1_000);
  }

  isSuppressed(key: string): boolean {
    const endsAt = this.endsAt.get(key);
    return endsAt !== undefined && this.clock.monotonicMilliseconds() < endsAt;
  }
}
