import { Injectable } from '@nestjs/common';
import type { ThrottlerStorage } from '@nestjs/throttler';

import { RouteHitRepository } from './route-hit.repository';

/** What `@nestjs/throttler` asks to be told of one request. Times are whole seconds. */
type ThrottlerRecord = Awaited<ReturnType<ThrottlerStorage['increment']>>;

/**
 * Lets `@nestjs/throttler` count in PostgreSQL: exactly, over a sliding window, and over all
 * instances of the service.
 */
@Injectable()
export class PostgresThrottlerStorage implements ThrottlerStorage {
  constructor(private readonly hits: RouteHitRepository) {}

  /**
   * @param key at most 64 characters.
   * @param ttl length of the window, in milliseconds.
   * @param limit at least 1.
   * @returns a record that never blocks beyond the window: a client that was refused waits for
   *   room in it and no longer, whatever block duration is configured.
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
