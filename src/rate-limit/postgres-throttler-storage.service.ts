import { Injectable } from '@nestjs/common';
import type { ThrottlerStorage } from '@nestjs/throttler';

import { RouteHitRepository } from './route-hit.repository';

/** What `@nestjs/throttler` expects for each request. Times are in whole seconds. */
type ThrottlerRecord = Awaited<ReturnType<ThrottlerStorage['increment']>>;

/**
 * Lets `@nestjs/throttler` count in PostgreSQL: exactly, over a sliding window, and across all
 * instances of the service.
 */
@Injectable()
export class PostgresThrottlerStorage implements ThrottlerStorage {
  constructor(private readonly hits: RouteHitRepository) {}

  /**
   * @param key at most 64 characters.
   * @param ttl length of the window, in milliseconds.
   * @param limit at least 1.
   * @returns a record that ignores any configured block duration: a refused client waits only until
   *   the window has room.
   */
  async increment(key: string, ttl: number, limit: number): Promise<ThrottlerRecord> {
    const hit = await this.hits.count(key, limit, ttl);
    return {
      totalHits: hit.accepted ? hit.hits : hit.hits + 1,
      timeToExpire: hit.oldest_leaves_seconds,
      isBlocked: !hit.accepted,
      timeToBlockExpire: hit.accepted ? 0 : hit.retry_after_seconds,
    };
  }
}
