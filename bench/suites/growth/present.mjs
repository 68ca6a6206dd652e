import { milliseconds, perSecond } from '../../lib/rounds.mjs';
import { median, medianRatio } from '../../lib/statistics.mjs';
import { barChart } from '../../report/bar-chart.mjs';
import { ratio, whole } from '../../report/section.mjs';
import { ALONE, MEANWHILE } from './clean-up.mjs';
import { COLD, REQUESTS, VERIFICATIONS, WARM } from './measure.mjs';
import { planPage } from './plan-page.mjs';

/** @typedef {import('../../load/generators.mjs').LoadResult} LoadResult */

const HALF = [COLD, REQUESTS, VERIFICATIONS];
const p50 = (/** @type {LoadResult} */ result) => result.p50;
const p99 = (/** @type {LoadResult} */ result) => result.p99;

/**
 * @param {import('./measure.mjs').GrowthResults} results
 * @returns {import('../../report/section.mjs').Section}
 */
export function present({ rows, rates, load, cleanUp, plans }) {
  const of = (/** @type {string} */ what, /** @type {string} */ size) =>
    load[`${what}, ${size}`] ?? [];
  /** @param {string} what @param {(result: LoadResult) => number} value */
  const growth = (what, value) =>
    medianRatio(of(what, 'large').map(value), of(what, 'small').map(value));
  const middle = (/** @type {LoadResult[]} */ rounds, /** @type {typeof p50} */ value) =>
    milliseconds(median(rounds.map(value)));
  const warm = growth(WARM, perSecond);
  return {
    title: 'Growth',
    text: [
      `Two databases on one server: one holds only the sessions that are used, the other beside them ${whole(rows)} sessions and as many links of ${whole(rows / 5)} people. They take turns at the same rate, half of what the small one can take. With the cache off, ${rows > 1e6 ? '20,000' : '2,000'} sessions are used in turn. The plans of all statements on the large tables are in [query-plans.md](query-plans.md).`,
    ],
    tables: [
      {
        title: 'Guarded requests at full load, cache warm',
        head: ['tables', 'requests/s', 'CPU µs'],
        rows: ['small', 'large'].map((size) => [
          size,
          whole(median(of(WARM, size).map(perSecond))),
          whole(median(of(WARM, size).map(({ cpu = NaN }) => cpu))),
        ]),
      },
      {
        title: 'At half load',
        head: ['', 'requests/s', 'median ms, small', 'large', 'ratio', 'p99 ms, small', 'large'],
        rows: HALF.map((what) => [
          what,
          whole(rates[what] ?? NaN),
          middle(of(what, 'small'), p50),
          middle(of(what, 'large'), p50),
          ratio(growth(what, p50)),
          middle(of(what, 'small'), p99),
          middle(of(what, 'large'), p99),
        ]),
      },
      ...(cleanUp === null ? [] : [cleanUpTable(cleanUp)]),
    ],
    charts: [
      {
        file: 'growth.svg',
        title: `Median latency at half load with ${whole(rows)} rows, against small tables`,
        svg: barChart(
          `Median latency with ${whole(rows)} rows, against small tables`,
          HALF.map((what) => ({
            label: what,
            value: growth(what, p50),
            text: `${ratio(growth(what, p50))}×`,
            own: true,
          })),
          { value: 1, text: 'the same' },
        ),
      },
    ],
    targets: [
      {
        name: '6. Warm guard with large tables, of small ones',
        wanted: 'unchanged (0.95 or more)',
        measured: ratio(warm),
        met: warm >= 0.95,
      },
      latencyTarget('6. Cold guard, median latency', growth(COLD, p50), 1.3),
      latencyTarget('6. Link requests, median latency', growth(REQUESTS, p50), 2),
      latencyTarget('6. Verifications, median latency', growth(VERIFICATIONS, p50), 2),
      ...(cleanUp === null ? [] : cleanUpTargets(cleanUp, rates)),
    ],
    pages: [{ file: 'query-plans.md', text: planPage(plans, rows) }],
  };
}

/** @param {string} name @param {number} measured @param {number} most */
function latencyTarget(name, measured, most) {
  return {
    name,
    wanted: `at most ${most}×`,
    measured: `${ratio(measured)}×`,
    met: measured <= most,
  };
}

/** @param {import('./clean-up.mjs').CleanUpResults} results */
function cleanUpTable({ load, deleted, seconds }) {
  const of = (/** @type {string} */ what, /** @type {string} */ when) =>
    load[`${what}, ${when}`] ?? [];
  return {
    title: `While the clean-up deletes ${whole(deleted / seconds)} rows/s, at half load on the large tables`,
    head: ['', 'median ms, alone', 'meanwhile', 'p99 ms, alone', 'meanwhile'],
    rows: [COLD, REQUESTS].map((what) => [
      what,
      ...[p50, p99].flatMap((value) =>
        [ALONE, MEANWHILE].map((when) => milliseconds(median(of(what, when).map(value)))),
      ),
    ]),
  };
}

/**
 * @param {import('./clean-up.mjs').CleanUpResults} results
 * @param {Record<string, number>} rates
 */
function cleanUpTargets({ load, deleted, seconds }, rates) {
  const worst = Math.max(
    ...[COLD, REQUESTS].map((what) =>
      medianRatio(
        (load[`${what}, ${MEANWHILE}`] ?? []).map(p99),
        (load[`${what}, ${ALONE}`] ?? []).map(p99),
      ),
    ),
  );
  // Each request leaves a link and a mail behind.
  const arriving = 2 * (rates[REQUESTS] ?? NaN);
  return [
    {
      name: '6. Clean-up, rows deleted a second',
      wanted: `more than half load makes (${whole(arriving)}/s)`,
      measured: `${whole(deleted / seconds)}/s`,
      met: deleted / seconds > arriving,
    },
    {
      name: '6. p99 while it cleans up, against without',
      wanted: 'at most 1.5×',
      measured: `${ratio(worst)}×`,
      met: worst <= 1.5,
    },
  ];
}
