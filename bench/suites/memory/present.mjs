import { slope } from '../../lib/statistics.mjs';
import { lineChart } from '../../report/line-chart.mjs';
import { whole } from '../../report/section.mjs';

const MIB = 2 ** 20;
/** Of the soak: until then caches and compiled code still settle. */
const SETTLING_SHARE = 0.2;
/** More than that is growth, less is noise. */
const GROWTH_MIB = 2;

/**
 * @param {import('./measure.mjs').MemoryResults} results
 * @returns {import('../../report/section.mjs').Section}
 */
export function present({ sessions, cached, bytesEach, cachedAtMost, rate, soak }) {
  const length = soak.at(-1)?.seconds ?? 0;
  const settled = soak.filter(({ seconds }) => seconds >= length * SETTLING_SHARE);
  /** MiB that the fitted line rises in the rest of the soak. */
  const growth = (/** @type {'heapUsed' | 'rss'} */ key) =>
    (slope(settled.map((sample) => ({ x: sample.seconds, y: sample[key] }))) *
      length *
      (1 - SETTLING_SHARE)) /
    MIB;
  const series = (/** @type {'heapUsed' | 'rss'} */ key) =>
    soak.map((sample) => ({ x: sample.seconds, y: sample[key] / MIB }));
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
        rows: /** @type {const} */ (['heapUsed', 'rss']).map((key) => [
          key === 'heapUsed' ? 'heap after collection' : 'resident set',
          ((settled[0]?.[key] ?? 0) / MIB).toFixed(1),
          ((soak.at(-1)?.[key] ?? 0) / MIB).toFixed(1),
          growth(key).toFixed(1),
        ]),
      },
    ],
    charts: [
      {
        file: 'soak.svg',
        title: 'Memory during the soak, MiB',
        svg: lineChart('Memory during the soak, MiB', [
          { label: 'resident set', points: series('rss') },
          { label: 'heap after collection', points: series('heapUsed'), own: true },
        ]),
      },
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
        measured: `${growth('heapUsed').toFixed(1)} MiB in ${whole(length)} s`,
        met: growth('heapUsed') < GROWTH_MIB,
      },
    ],
  };
}
