import { Injectable } from '@nestjs/common';

import { Database, type Transaction } from '../database/database.service';
import { named } from '../database/named-sql';

/** A hit that was counted. */
interface CountedRow {
  /** What the window covers, this one included. */
  readonly hits: number;
  /** Whole seconds until the oldest of them leaves the window. */
  readonly oldest_leaves_seconds: number;
}

/** Why a hit was not counted. */
interface FullRow extends CountedRow {
  /** Whole seconds, at least 1, until there is room. */
  readonly retry_after_seconds: number;
}

export type RouteHit =
  ({ readonly accepted: true } & CountedRow) | ({ readonly accepted: false } & FullRow);

/**
 * Hits of routes, each under a single limit: the rows of `RateLimitRepository` and its rules, in
 * one statement without a transaction, since this happens on every request to such a route.
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
    // The row is locked when WHERE and SET read the clock, and WHERE reads it first: what it finds
    // room for still has room when SET records the time.
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
    // Room came up between the two statements: the next second has it.
    return {
      accepted: false,
      ...(full ?? { hits: limit, oldest_leaves_seconds: 1, retry_after_seconds: 1 }),
    };
  }

  /** Whether a refusal was noted less than a window ago. */
  async isRefusalNoted(key: string, windowMilliseconds: number): Promise<boolean> {
    const noted = await this.database.query(
      named(
        'route-hit.isRefusalNoted',
        `SELECT FROM rate_limits
          WHERE key = $1 AND refused_at > clock_timestamp() - $2 * interval '1 millisecond'`,
      ),
      [key, windowMilliseconds],
    );
    return noted.length > 0;
  }

  /**
   * Notes a refusal, unless one was noted less than a window ago.
   *
   * @returns whether it was noted.
   */
  async noteRefusal(
    key: string,
    windowMilliseconds: number,
    transaction: Transaction,
  ): Promise<boolean> {
    const noted = await transaction.modify(
      named(
        'route-hit.noteRefusal',
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
    return noted > 0;
  }
}
