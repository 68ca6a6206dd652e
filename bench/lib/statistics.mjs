/**
 * The value below which a share of the values lie (nearest rank).
 *
 * @param {readonly number[]} values in any order; at least one
 * @param {number} share 0.99 for p99
 */
export function quantile(values, share) {
  const sorted = Float64Array.from(values).sort();
  const rank = Math.min(sorted.length, Math.max(1, Math.ceil(share * sorted.length)));
  return sorted[rank - 1] ?? NaN;
}

/** @param {readonly number[]} values */
export function median(values) {
  const sorted = Float64Array.from(values).sort();
  const middle = Math.floor(sorted.length / 2);
  return sorted.length % 2 === 1
    ? (sorted[middle] ?? NaN)
    : ((sorted[middle - 1] ?? NaN) + (sorted[middle] ?? NaN)) / 2;
}

/**
 * The median of what each round says of two contenders: what slows a whole round down, slows both.
 *
 * @param {readonly number[]} values by round
 * @param {readonly number[]} references by round
 */
export function medianRatio(values, references) {
  return median(values.map((value, round) => value / (references[round] ?? NaN)));
}

/**
 * The slope of a line through points, by least squares.
 *
 * @param {readonly { x: number, y: number }[]} points
 */
export function slope(points) {
  const mean = (/** @type {number[]} */ values) =>
    values.reduce((sum, value) => sum + value, 0) / values.length;
  const x = mean(points.map((point) => point.x));
  const y = mean(points.map((point) => point.y));
  const above = points.reduce((sum, point) => sum + (point.x - x) * (point.y - y), 0);
  const below = points.reduce((sum, point) => sum + (point.x - x) ** 2, 0);
  return above / below;
}
