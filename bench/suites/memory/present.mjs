import { linearRegression } from 'simple-statistics';

import { timeChart } from '../../report/chart.mjs';
import { whole } from '../../report/section.mjs';

/** Of the soak: until then caches and compiled code still settle. */
const SETTLING_SHARE = 0.2;
/** More than that is growth, less is noise. */
const GROWTH_MIB = 2;

/**
 * @param {import('./measure.mjs').MemoryResults} results
 * @returns {import('../../report/section.mjs').Section}
 */
export function present({ sessions, cached, bytesEach, cachedAtMost, rate, soak }) {
  const length = soak.seconds.at(-1) ?? 0;
  const settled = soak.seconds.findIndex((seconds) => seconds >= length * SETTLING_SHARE);
  /** MiB that the fitted line rises in the rest of the soak. */
  const growth = (/** @type {'heap' | 'rss'} */ key) => {
    const points = soak[key].map((value, sample) => [soak.seconds[sample] ?? NaN, value]);
    return linearRegression(points.slice(settled)).m * length * (1 - SETTLING_SHARE);
  };
  return {
    title: 'Memory',
    text: [
      `${whole(sessions)} sessions are used once through the guard; the heap is read after a full collection before and after. Then ${whole(rate)} requests/s for ${whole(length)} s: nine in ten guarded, the others link requests and verifications of new people. What grows is what a line through the heap after collections rises in the last four fifths.`,
    ],
    tables: [
      {
        title: 'Session cache',
        head: ['', 'measured'],
        rows: [
          ['sessions in memory', whole(cached)],
          ['heap for each, bytes', whole(bytesEach)],
          ['in memory after more than fit', whole(cachedAtMost)],
        ],
      },
      {
        title: 'Soak',
        head: ['', 'first, MiB', 'last, MiB', 'rise, MiB'],
        rows: /** @type {const} */ (['heap', 'rss']).map((key) => [
          key === 'heap' ? 'heap after collection' : 'resident set',
          (soak[key][settled] ?? NaN).toFixed(1),
          (soak[key].at(-1) ?? NaN).toFixed(1),
          growth(key).toFixed(1),
        ]),
      },
    ],
    charts: [
      timeChart('MiB during the soak: resident set above, heap after collection below', length, [
        soak.rss,
        soak.heap,
      ]),
    ],
    targets: [
      {
        name: '5. Heap for each cached session',
        wanted: 'at most 1,024 bytes, bounded',
        measured: `${whole(bytesEach)} bytes, at most ${whole(cachedAtMost)} of ${whole(sessions)}`,
        met: bytesEach <= 1_024 && cachedAtMost <= sessions,
      },
      {
        name: '5. Growth of the heap over the soak',
        wanted: `none (less than ${GROWTH_MIB} MiB)`,
        measured: `${growth('heap').toFixed(1)} MiB in ${whole(length)} s`,
        met: growth('heap') < GROWTH_MIB,
      },
    ],
  };
}
