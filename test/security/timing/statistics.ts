/** How two classes of timings differ. All times in microseconds. */
export interface Comparison {
  readonly samples: number;
  /** Median of the second class, less that of the first. */
  readonly medianDifference: number;
  /** Welch's t on everything, and the one of greatest size over the percentile crops. */
  readonly rawT: number;
  readonly greatestT: number;
}

/**
 * Shares of the fastest samples that t is computed on too. A leak of a few microseconds drowns in
 * the slow tail, which is the scheduler's and the collector's (Reparaz, Balasch, Verbauwhede,
 * "Dude, is my code constant time?", 2017).
 */
const CROPS = [0.95, 0.9, 0.75, 0.5, 0.25] as const;

/** Security rules, "Timing". */
export const WARNING_T = 4.5;
const FAILING_T = 10;
const FAILING_DIFFERENCE_MICROSECONDS = 50;

export function compare(first: readonly number[], second: readonly number[]): Comparison {
  const pooled = [...first, ...second].sort((a, b) => a - b);
  const crops = CROPS.map((share) => {
    const limit = quantileOfSorted(pooled, share);
    return welch(
      first.filter((sample) => sample <= limit),
      second.filter((sample) => sample <= limit),
    );
  });
  const rawT = welch(first, second);
  return {
    samples: Math.min(first.length, second.length),
    medianDifference: median(second) - median(first),
    rawT,
    greatestT: [rawT, ...crops].reduce((a, b) => (Math.abs(b) > Math.abs(a) ? b : a)),
  };
}

/** Whether a difference is a failure (docs/reference/security.md#timing). */
export function isFailure({ greatestT, medianDifference }: Comparison): boolean {
  return (
    Math.abs(greatestT) > FAILING_T && Math.abs(medianDifference) > FAILING_DIFFERENCE_MICROSECONDS
  );
}

export function median(samples: readonly number[]): number {
  return quantileOfSorted(
    [...samples].sort((a, b) => a - b),
    0.5,
  );
}

/** Welch's t: positive when the second class is slower; 0 when there is too little to compare. */
function welch(first: readonly number[], second: readonly number[]): number {
  if (first.length < 2 || second.length < 2) return 0;
  const [a, b] = [momentsOf(first), momentsOf(second)];
  const error = Math.sqrt(a.variance / first.length + b.variance / second.length);
  return error === 0 ? 0 : (b.mean - a.mean) / error;
}

function momentsOf(samples: readonly number[]): { mean: number; variance: number } {
  const mean = samples.reduce((sum, sample) => sum + sample, 0) / samples.length;
  const squares = samples.reduce((sum, sample) => sum + (sample - mean) ** 2, 0);
  return { mean, variance: squares / (samples.length - 1) };
}

function quantileOfSorted(sorted: readonly number[], share: number): number {
  return sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? NaN;
}
