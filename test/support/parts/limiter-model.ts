import fc from 'fast-check';

import type { LimitDecision, LimitRule } from '../../../src/rate-limit/rate-limiter';

/** The model's time goes in steps so long that what a run itself takes does not matter. */
export const STEP_SECONDS = 60;

/** Length of each key's window, in steps. */
const WINDOWS: Record<string, number> = { a: 2, b: 5, c: 9 };
const MARKERS = ['m', 'n'];

type Command =
  | { readonly kind: 'take'; readonly rules: readonly LimitRule[] }
  | { readonly kind: 'mark'; readonly marker: string; readonly steps: number }
  | { readonly kind: 'wait'; readonly steps: number };

/** What the limiter has to do, in memory and without concurrency. */
export class LimiterModel {
  private now = 0;
  private readonly accepted = new Map<string, number[]>();
  private readonly refused = new Map<string, number>();
  private readonly markers = new Map<string, number>();

  wait(steps: number): void {
    this.now += steps;
  }

  mark(marker: string, steps: number): void {
    this.markers.set(marker, this.now + steps);
  }

  take(rules: readonly LimitRule[]): LimitDecision {
    const applying = rules.filter(
      ({ limit, unlessMarked = [] }) =>
        limit > 0 && !unlessMarked.some((marker) => (this.markers.get(marker) ?? 0) > this.now),
    );
    const refusing = applying.filter(({ key, limit }) => this.counted(key).length >= limit);
    if (refusing.length === 0) {
      for (const { key } of applying) this.accepted.set(key, [...this.counted(key), this.now]);
      return { allowed: true };
    }

    const firstTime = refusing.filter(
      ({ key }) => (this.refused.get(key) ?? -Infinity) <= this.now - WINDOWS[key]!,
    );
    for (const { key } of firstTime) this.refused.set(key, this.now);
    return {
      allowed: false,
      retryAfterSeconds:
        Math.max(...refusing.map((rule) => this.stepsUntilRoom(rule))) * STEP_SECONDS,
      refusedBy: refusing.map(({ key }) => key),
      firstRefusal: firstTime.length > 0,
    };
  }

  /** The fewest steps after which fewer than the limit are left, found by trying. */
  private stepsUntilRoom({ key, limit }: LimitRule): number {
    for (let steps = 0; ; steps += 1) {
      if (this.counted(key, this.now + steps).length < limit) return steps;
    }
  }

  private counted(key: string, now = this.now): number[] {
    return (this.accepted.get(key) ?? []).filter((time) => time > now - WINDOWS[key]!);
  }
}

const rulesArbitrary: fc.Arbitrary<LimitRule[]> = fc
  .uniqueArray(
    fc.record({
      key: fc.constantFrom(...Object.keys(WINDOWS)),
      limit: fc.integer({ min: 0, max: 3 }),
      unlessMarked: fc.oneof(
        { weight: 3, arbitrary: fc.constant([]) },
        { weight: 1, arbitrary: fc.subarray(MARKERS) },
      ),
    }),
    { selector: ({ key }) => key, minLength: 1 },
  )
  .map((rules) =>
    rules.map((rule) => ({ ...rule, windowSeconds: WINDOWS[rule.key]! * STEP_SECONDS })),
  );

/** One step of a history. */
export const commandArbitrary: fc.Arbitrary<Command> = fc.oneof(
  { weight: 6, arbitrary: fc.record({ kind: fc.constant('take'), rules: rulesArbitrary }) },
  {
    weight: 1,
    arbitrary: fc.record({
      kind: fc.constant('mark'),
      marker: fc.constantFrom(...MARKERS),
      steps: fc.integer({ min: 1, max: 6 }),
    }),
  },
  {
    weight: 3,
    arbitrary: fc.record({ kind: fc.constant('wait'), steps: fc.integer({ min: 1, max: 4 }) }),
  },
);
