import { Injectable } from '@nestjs/common';

import type { Transaction } from '../database/database.service';
import { named } from '../database/named-sql';
import type { LimitRule } from './rate-limiter';

/** A rule that counted the attempt, or that a marker switched off. */
export interface CountedRow {
  readonly key: string;
  /** A marker switched the rule off, and it counted nothing. */
  readonly is_lifted: boolean;
}

/** A rule that refuses an attempt. */
export interface RefusalRow {
  readonly key: string;
  readonly retry_after_seconds: number;
  readonly first_refusal: boolean;
}

/**
 * Keeps markers apart from limits in their common table. Keys of limits are digests without a
 * colon, so none can begin with this.
 */
const MARKER_PREFIX = 'marker:';

/** SQL, only inside `count`: the window length of the rule whose key is `stored.key`. */
const SPAN = '($3::interval[])[array_position($1::varchar[], stored.key)]';

/**
 * The state of all limits: for each key the times of accepted attempts, oldest first. A window
 * covers the attempts that were accepted less than its length ago.
 *
 * Times are read with `clock_timestamp()` after the row is locked. `now()` would be the start of the
 * transaction, so one that commits late could add an old time to a window that was full.
 * `greatest()` keeps the times sorted if the server's clock is set back; `width_bucket()`, which
 * counts the times at or before the beginning of the window, needs them sorted.
 */
@Injectable()
export class RateLimitRepository {
  /**
   * Counts one attempt under every rule that applies and has room for it. Locks the rows of all
   * rules that apply until the transaction ends, and adds missing ones. All transactions lock in
   * the same order, so they cannot deadlock.
   *
   * Most attempts are accepted and need nothing more. If a rule has no room, the attempt must be
   * taken back from the others with `takeBack`.
   *
   * @returns a row for each rule that has counted the attempt, and for each that a marker lifts.
   */
  async count(rules: readonly LimitRule[], transaction: Transaction): Promise<CountedRow[]> {
    const markers = rules.flatMap(({ key, unlessMarked = [] }) =>
      unlessMarked.map((marker) => ({ key, marker: markerKey(marker) })),
    );
    // PostgreSQL reads the clock first in WHERE and later in SET, both after the row is locked. So if
    // WHERE found room, there is room when SET writes.
    // The number of rules is written into the text: for an array parameter PostgreSQL would guess
    // its length, and plan each call again.
    return transaction.query<CountedRow>(
      named(
        'rate-limit.count',
        `WITH lifted AS MATERIALIZED (
           SELECT DISTINCT given.key
             FROM (SELECT ($4::varchar[])[i] AS key, ($5::varchar[])[i] AS marker
                     FROM generate_series(1, ${markers.length}) AS i) AS given
             JOIN rate_limits AS stored ON stored.key = given.marker
            WHERE stored.expires_at > clock_timestamp()
         ),
         counted AS (
           INSERT INTO rate_limits AS stored (key, accepted_at, expires_at)
           SELECT key, ARRAY[clock_timestamp()], clock_timestamp() + span
             FROM (SELECT ($1::varchar[])[i] AS key, ($3::interval[])[i] AS span
                     FROM generate_series(1, ${rules.length}) AS i) AS given
            WHERE key NOT IN (SELECT key FROM lifted)
            ORDER BY key COLLATE "C"
           ON CONFLICT (key) DO UPDATE
              SET accepted_at =
                    stored.accepted_at[1 + width_bucket(clock_timestamp() - ${SPAN},
                                                        stored.accepted_at) :]
                    || greatest(clock_timestamp(),
                                stored.accepted_at[cardinality(stored.accepted_at)]),
                  expires_at = greatest(clock_timestamp(),
                                        stored.accepted_at[cardinality(stored.accepted_at)]) + ${SPAN}
            WHERE cardinality(stored.accepted_at)
                  - width_bucket(clock_timestamp() - ${SPAN}, stored.accepted_at)
                  < ($2::integer[])[array_position($1::varchar[], stored.key)]
           RETURNING key
         )
         SELECT key, false AS is_lifted FROM counted
         UNION ALL
         SELECT key, true FROM lifted`,
      ),
      [
        rules.map(({ key }) => key),
        rules.map(({ limit }) => limit),
        rules.map(({ windowSeconds }) => `${windowSeconds} s`),
        markers.map(({ key }) => key),
        markers.map(({ marker }) => marker),
      ],
    );
  }

  /** Undoes an attempt that `count` has just counted under these keys. */
  takeBack(keys: readonly string[], transaction: Transaction): void {
    transaction.execute(
      named(
        'rate-limit.takeBack',
        `UPDATE rate_limits
            SET accepted_at = trim_array(accepted_at, 1),
                expires_at = CASE WHEN cardinality(accepted_at) = 1
                                  THEN clock_timestamp() ELSE expires_at END
          WHERE key = ANY ($1)`,
      ),
      [keys],
    );
  }

  /**
   * Decides one attempt under rules that apply and whose rows are locked. If all allow it, each of
   * them counts it. Otherwise nothing is counted. A rule that refuses, and has no refusal
   * recorded within its window, records this one.
   *
   * @returns the rules that refuse; empty when the attempt is accepted.
   */
  async consume(rules: readonly LimitRule[], transaction: Transaction): Promise<RefusalRow[]> {
    const given = rules.map(({ key, limit, windowSeconds }) => ({
      key,
      most: limit,
      window_seconds: windowSeconds,
    }));
    return transaction.query<RefusalRow>(
      named(
        'rate-limit.consume',
        `WITH moment AS MATERIALIZED (
           SELECT clock_timestamp() AS now
         ),
         rule AS (
           SELECT given.key, given.most, make_interval(secs => given.window_seconds) AS span
             FROM jsonb_to_recordset($1::jsonb)
                    AS given (key varchar, most integer, window_seconds integer)
         ),
         locked AS (
           SELECT rule.*, stored.accepted_at, stored.refused_at,
                  greatest(moment.now, stored.accepted_at[cardinality(stored.accepted_at)]) AS now
             FROM moment, rule JOIN rate_limits AS stored USING (key)
         ),
         -- Materialised, because each use of a long stored array reads all of it again.
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
      ),
      [JSON.stringify(given)],
    );
  }

  /** Sets a marker, or renews an existing one, for this long from now on. */
  mark(key: string, lifetimeSeconds: number, transaction: Transaction): void {
    transaction.execute(
      named(
        'rate-limit.mark',
        `INSERT INTO rate_limits (key, expires_at)
         VALUES ($1, clock_timestamp() + make_interval(secs => $2))
         ON CONFLICT (key) DO UPDATE SET expires_at = EXCLUDED.expires_at`,
      ),
      [markerKey(key), lifetimeSeconds],
    );
  }
}

function markerKey(key: string): string {
  return MARKER_PREFIX + key;
}
