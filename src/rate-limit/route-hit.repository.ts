import { Injectable } from '@nestjs/common';

import { Database, type Transaction } from '../database/database.service';
import { named } from '../database/named-sql';

/** A hit that was counted. */
interface CountedRow {
  /** Hits that the window covers, including this one if it was accepted. */
  readonly hits: number;
  /** Whole seconds until the oldest of them leaves the window. */
  readonly oldest_leaves_seconds: number;
}

/** A window that is full, so that a hit was not counted. */
interface FullRow extends CountedRow {
  /** Whole seconds, at least 1, until the window has room. */
  readonly retry_after_seconds: number;
}

export type RouteHit =
  ({ readonly accepted: true } & CountedRow) | ({ readonly accepted: false } & FullRow);

/**
 * Counts requests to routes, each under a single limit. Uses the table and the rules of
 * `RateLimitRepository`, but in one statement without a transaction, because every request to such
 * a route is counted.
 */
@Injectable()
export class RouteHitRepository {
  constructor(private readonly database: Database) {}

  /**
   * Counts a hit if the window has room for it. A hit that is refused changes nothing.
   *
   * @param key at most 64 characters.
   * @param limit at least 1.
   */
  async count(key: string, limit: number, windowMilliseconds: number): Promise<RouteHit> {
    const parameters = [key, limit, windowMilliseconds];
    // WHERE and SET read the clock after the row is locked, and WHERE reads it first: if WHERE has
    // found room, there still is room at the later time that SET records.
    const [counted] = await this.database.query<CountedRow>(
      named(
        'route-hit.count',
        `INSERT INTO rate_limits AS stored (key, accepted_at, expires_at)
         SELECT $1, ARRAY[now], now + $3 * interval '1 millisecond'
           FROM (SELECT clock_timestamp() AS now) AS moment
         ON CONFLICT (key) DO UPDATE
            SET (accepted_at, expires_at) = (
                  SELECT stored.accepted_at[1 + width_bucket(now - span, stored.accepted_at) :] || now,
                         now + span
                    FROM (SELECT greatest(clock_timestamp(),
                                          stored.accepted_at[cardinality(stored.accepted_at)]) AS now,
                                 $3 * interval '1 millisecond' AS span) AS moment)
          WHERE cardinality(stored.accepted_at)
                - width_bucket(clock_timestamp() - $3 * interval '1 millisecond', stored.accepted_at)
                < $2
         RETURNING cardinality(accepted_at) AS hits,
                   ceil(extract(epoch FROM accepted_at[1] + $3 * interval '1 millisecond'
                                           - accepted_at[cardinality(accepted_at)]))::integer
                     AS oldest_leaves_seconds`,
      ),
      parameters,
    );
    if (counted !== undefined) return { accepted: true, ...counted };

    const [full] = await this.database.query<FullRow>(
      named(
        'route-hit.readFull',
        `SELECT cardinality(counted) AS hits,
                ceil(extract(epoch FROM counted[1] + span - now))::integer AS oldest_leaves_seconds,
                ceil(extract(epoch FROM counted[cardinality(counted) - $2 + 1] + span - now))::integer
                  AS retry_after_seconds
           FROM (SELECT *, accepted_at[1 + width_bucket(now - span, accepted_at) :] AS counted
                   FROM rate_limits,
                        (SELECT clock_timestamp() AS now,
                                $3 * interval '1 millisecond' AS span) AS moment
                  WHERE key = $1) AS state
          WHERE cardinality(counted) >= $2`,
      ),
      parameters,
    );
    // The window has got room between the two statements: a retry in a second will find it.
    return {
      accepted: false,
      ...(full ?? { hits: limit, oldest_leaves_seconds: 1, retry_after_seconds: 1 }),
    };
  }

  /** Whether a refusal was recorded less than a window ago. */
  async isRefusalRecorded(key: string, windowMilliseconds: number): Promise<boolean> {
    const recorded = await this.database.query(
      named(
        'route-hit.isRefusalRecorded',
        `SELECT FROM rate_limits
          WHERE key = $1 AND refused_at > clock_timestamp() - $2 * interval '1 millisecond'`,
      ),
      [key, windowMilliseconds],
    );
    return recorded.length > 0;
  }

  /**
   * Records the time of a refusal, unless one was recorded less than a window ago.
   *
   * @returns whether it was recorded.
   */
  async recordRefusal(
    key: string,
    windowMilliseconds: number,
    transaction: Transaction,
  ): Promise<boolean> {
    const recorded = await transaction.modify(
      named(
        'route-hit.recordRefusal',
        `UPDATE rate_limits
            SET refused_at = clock_timestamp(),
                expires_at = greatest(expires_at,
                                      clock_timestamp() + $2 * interval '1 millisecond')
          WHERE key = $1
            AND (refused_at IS NULL
                 OR refused_at <= clock_timestamp() - $2 * interval '1 millisecond')`,
      ),
      [key, windowMilliseconds],
    );
    return recorded > 0;
  }
}
