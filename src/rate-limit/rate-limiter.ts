import type { Queryable, Transaction } from '../database/database.service';

/** At most `limit` accepted attempts for one key in any span of `windowSeconds`. */
export interface LimitRule {
  /** Digest of what is limited, from `LimiterKeys`. Two rules of one attempt never share a key. */
  readonly key: string;
  /** `0` turns the rule off. */
  readonly limit: number;
  /** Whole seconds. */
  readonly windowSeconds: number;
  /**
   * Keys of markers, see {@link RateLimiter.mark}. While any of them stands the rule neither
   * refuses the attempt nor counts it.
   */
  readonly unlessMarked?: readonly string[];
}

export type LimitDecision = { readonly allowed: true } | LimitRefusal;

export interface LimitRefusal {
  readonly allowed: false;
  /**
   * Whole seconds, at least 1, after which the same attempt would be accepted if nobody else's
   * were accepted before it.
   */
  readonly retryAfterSeconds: number;
  /** Keys of the rules that refused. */
  readonly refusedBy: readonly string[];
  /**
   * Whether one of those rules refuses for the first time within its window. Only such a refusal
   * is audited, so that a flood leaves one event for each window and not one for each request.
   */
  readonly firstRefusal: boolean;
}

/**
 * Limits how often something may happen, over sliding windows and over all instances of the
 * service (invariant I8).
 */
export interface RateLimiter {
  /**
   * Decides one attempt under several rules: it is counted by each of them if all allow it, and by
   * none otherwise. What it did takes effect with the transaction. That holds for a refusal too,
   * which is noted as audited: commit first, throw `RateLimitError` afterwards.
   *
   * The keys stay locked until the transaction ends. So that no two transactions wait for each
   * other, call it before anything else is locked; who calls it again in the same transaction
   * does so for other kinds of keys, in the same order everywhere.
   *
   * @throws TypeError when two rules share a key.
   */
  take(rules: readonly LimitRule[], transaction: Transaction): Promise<LimitDecision>;

  /**
   * Sets a marker that lifts the rules naming it. A marker and a limit never meet, also under the
   * same key.
   *
   * @param key digest of what is marked, from `LimiterKeys`.
   * @param lifetimeSeconds how long it stands from now on; setting it again starts anew.
   */
  mark(key: string, lifetimeSeconds: number, transaction: Transaction): Promise<void>;

  /** Whether any of these markers stands. */
  isMarked(keys: readonly string[], queryable: Queryable): Promise<boolean>;
}

export const RateLimiter = Symbol('RateLimiter');
