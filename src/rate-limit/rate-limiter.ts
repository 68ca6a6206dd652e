import type { Transaction } from '../database/database.service';

/** At most `limit` accepted attempts for one key in any span of `windowSeconds`. */
export interface LimitRule {
  /** Digest of what is limited, from `LimiterKeys`. Rules of one attempt must not share a key. */
  readonly key: string;
  /** `0` turns the rule off. */
  readonly limit: number;
  /** Whole seconds. */
  readonly windowSeconds: number;
  /**
   * Keys of markers, see {@link RateLimiter.mark}. While any of them is set, the rule neither
   * refuses the attempt nor counts it.
   */
  readonly unlessMarked?: readonly string[];
}

export type LimitDecision = { readonly allowed: true } | LimitRefusal;

export interface LimitRefusal {
  readonly allowed: false;
  /**
   * Whole seconds, at least 1, after which the same attempt would be accepted, unless other
   * attempts are accepted before it.
   */
  readonly retryAfterSeconds: number;
  /** Keys of the rules that refused. */
  readonly refusedBy: readonly string[];
  /**
   * Whether one of those rules refuses for the first time within its window. Only such a refusal
   * is audited, so that a flood causes one event for each window and not one for each request.
   */
  readonly firstRefusal: boolean;
}

/**
 * Limits how often something may happen, over sliding windows and across all instances of the
 * service (invariant I8).
 */
export interface RateLimiter {
  /**
   * Decides one attempt under several rules. If all allow it, each of them counts it; otherwise
   * none does. The result takes effect when the transaction commits. That includes the record of a
   * refusal, by which it is audited only once: commit first, then throw `RateLimitError`.
   *
   * The keys stay locked until the transaction ends. To avoid deadlocks, call this before anything
   * else is locked. Call it again in the same transaction only for other kinds of keys, and in the
   * same order everywhere.
   *
   * @throws TypeError when two rules share a key.
   */
  take(rules: readonly LimitRule[], transaction: Transaction): Promise<LimitDecision>;

  /**
   * Sets a marker that lifts the rules naming it. Markers and limits are separate, even under the
   * same key.
   *
   * @param key digest of what is marked, from `LimiterKeys`.
   * @param lifetimeSeconds how long it lasts from now on; setting it again renews it.
   */
  mark(key: string, lifetimeSeconds: number, transaction: Transaction): Promise<void>;
}

export const RateLimiter = Symbol('RateLimiter');
