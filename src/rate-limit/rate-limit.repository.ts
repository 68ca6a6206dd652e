import { Injectable } from '@nestjs/common';

import { Database, type Queryable, type Transaction } from '../database/database';
import type { LimitRule } from './rate-limiter';

/** One rule that refuses an attempt. */
export interface RefusalRow {
  readonly key: string;
  readonly retry_after_seconds: number;
  readonly first_refusal: boolean;
}

/**
 * Keeps markers apart from limits in the one table. No digest holds a colon, so no key of a limit
 * begins like this.
 */
const MARKER_PREFIX = 'marker:';

/** Rows that one clean-up statement deletes at most, so that none of them takes long. */
const CLEANUP_BATCH = 1_000;

/**
 * The state of all limits: for each key the times of what was accepted, oldest first. A window
 * covers what was accepted less than its length ago.
 *
 * Times come from `clock_timestamp()` after the row is locked, and not from `now()`, when the
 * transaction began: recorded times are then in the order of the decisions, and no late commit
 * slips an earlier time into a window that was full. `greatest()` keeps that order when the
 * server's clock is set back, and `width_bucket()` relies on it: it finds how many times lie at or
 * before the beginning of the window.
 */
@Injectable()
export class RateLimitRepository {
  constructor(private readonly database: Database) {}

  /**
   * Locks the rows of some keys until the transaction ends, and adds those that are missing. All
   * transactions lock in the same order, so that no two wait for each other.
   */
  async lock(keys: readonly string[], transaction: Transaction): Promise<void> {
    // `DO UPDATE … WHERE false` locks a row that is there without writing a version of it.
    await transaction.query(
      `INSERT INTO rate_limits (key, expires_at)
       SELECT key, clock_timestamp()
         FROM unnest($1::varchar[]) AS given (key)
        ORDER BY key COLLATE "C"
       ON CONFLICT (key) DO UPDATE SET expires_at = EXCLUDED.expires_at WHERE false`,
      [keys],
    );
  }

  /**
   * Decides one attempt whose rows are locked. If all rules allow it, each of them counts it;
   * otherwise nothing is counted, and rules that refuse for the first time within their window
   * note that.
   *
   * @returns the rules that refuse; none when the attempt is accepted.
   */
  async consume(rules: readonly LimitRule[], transaction: Transaction): Promise<RefusalRow[]> {
    const given = rules.map(({ key, limit, windowSeconds, unlessMarked = [] }) => ({
      key,
      most: limit,
      window_seconds: windowSeconds,
      markers: unlessMarked.map(markerKey),
    }));
    return transaction.query<RefusalRow>(
      `WITH moment AS MATERIALIZED (
         SELECT clock_timestamp() AS now
       ),
       rule AS (
         SELECT given.key, given.most, make_interval(secs => given.window_seconds) AS span
           FROM jsonb_to_recordset($1::jsonb)
                  AS given (key varchar, most integer, window_seconds integer, markers varchar[])
          WHERE NOT EXISTS (SELECT FROM rate_limits AS marker, moment
                             WHERE marker.key = ANY (given.markers)
                               AND marker.expires_at > moment.now)
       ),
       locked AS (
         SELECT rule.*, stored.accepted_at, stored.refused_at,
                greatest(moment.now, stored.accepted_at[cardinality(stored.accepted_at)]) AS now
           FROM moment, rule JOIN rate_limits AS stored USING (key)
       ),
       -- Materialised, because each look at a long array that is stored reads all of it again.
       state AS MATERIALIZED (
         SELECT *, accepted_at[1 + width_bucket(now - span, accepted_at) :] AS counted
           FROM locked
       ),
       verdict AS (
         SELECT *,
                NOT bool_or(refuses) OVER () AS accepted,
                refuses AND (refused_at IS NULL OR refused_at <= now - span) AS first_refusal,
                -- There is room once fewer than the limit are left. After the limit was lowered
                -- the window may hold more than that.
                counted[cardinality(counted) - most + 1] + span - now AS wait
           FROM (SELECT *, cardinality(counted) >= most AS refuses FROM state) AS judged
       ),
       written AS (
         UPDATE rate_limits AS stored
            SET accepted_at = CASE WHEN accepted THEN counted || now ELSE stored.accepted_at END,
                refused_at = CASE WHEN accepted THEN stored.refused_at ELSE now END,
                expires_at = now + span
           FROM verdict
          WHERE stored.key = verdict.key
            AND (accepted OR first_refusal)
       )
       SELECT key, first_refusal, ceil(extract(epoch FROM wait))::integer AS retry_after_seconds
         FROM verdict
        WHERE refuses`,
      [JSON.stringify(given)],
    );
  }

  /** Sets a marker, or lets one that is there stand for so long from now on. */
  async mark(key: string, lifetimeSeconds: number, transaction: Transaction): Promise<void> {
    await transaction.query(
      `INSERT INTO rate_limits (key, expires_at)
       VALUES ($1, clock_timestamp() + make_interval(secs => $2))
       ON CONFLICT (key) DO UPDATE SET expires_at = EXCLUDED.expires_at`,
      [markerKey(key), lifetimeSeconds],
    );
  }

  async isMarked(keys: readonly string[], queryable: Queryable): Promise<boolean> {
    const found = await queryable.query(
      'SELECT FROM rate_limits WHERE key = ANY ($1) AND expires_at > clock_timestamp() LIMIT 1',
      [keys.map(markerKey)],
    );
    return found.length > 0;
  }

  /**
   * Deletes rows that decide nothing any more. Those that an attempt holds are left for later.
   *
   * @returns how many were deleted.
   */
  async deleteExpired(): Promise<number> {
    let total = 0;
    for (;;) {
      const deleted = await this.database.query(
        `DELETE FROM rate_limits
          WHERE key IN (SELECT key FROM rate_limits
                         WHERE expires_at < clock_timestamp()
                         LIMIT $1
                           FOR UPDATE SKIP LOCKED)
         RETURNING key`,
        [CLEANUP_BATCH],
      );
      total += deleted.length;
      if (deleted.length < CLEANUP_BATCH) return total;
    }
  }
}

function markerKey(key: string): string {
  return MARKER_PREFIX + key;
}
