import { medianRatio, middle, milliseconds } from '../../lib/rounds.mjs';
import { ratio, whole } from '../../report/section.mjs';
import { ALONE, MEANWHILE } from './clean-up.mjs';
import { COLD, REQUESTS, VERIFICATIONS, WARM } from './contenders.mjs';
import { LARGE_TABLES } from './query-plans.mjs';

const HALF = [COLD, REQUESTS, VERIFICATIONS];
/**
 * @param {import('./measure.mjs').GrowthResults} results
 * @returns {import('../../report/section.mjs').Section}
 */
export function present({ rows, sessions, rates, load, cleanUp, plans }) {
  const of = (/** @type {string} */ what, /** @type {string} */ size) => load[`${what}, ${size}`];
  /** @param {string} what @param {'perSecond' | 'p50'} key */
  const growth = (what, key) => medianRatio(of(what, 'large')?.[key], of(what, 'small')?.[key]);
  const warm = growth(WARM, 'perSecond');
  return {
    title: 'Growth',
    text: [
      `Two databases on one server: one holds only the sessions that are used, the other beside them ${whole(rows)} sessions and as many links of ${whole(rows / 5)} people. They take turns at the same rate, half of what the small one can take. With the cache off, ${whole(sessions)} sessions are used in turn.`,
      planText(plans),
    ],
    tables: [
      {
        title: 'Guarded requests at full load, cache warm',
        head: ['tables', 'requests/s', 'CPU µs'],
        rows: ['small', 'large'].map((size) => [
          size,
          whole(middle(of(WARM, size)?.perSecond)),
          whole(middle(of(WARM, size)?.cpu)),
        ]),
      },
      {
        title: 'At half load',
        head: ['', 'requests/s', 'median ms, small', 'large', 'ratio', 'p99 ms, small', 'large'],
        rows: HALF.map((what) => [
          what,
          whole(rates[what] ?? NaN),
          milliseconds(middle(of(what, 'small')?.p50)),
          milliseconds(middle(of(what, 'large')?.p50)),
          ratio(growth(what, 'p50')),
          milliseconds(middle(of(what, 'small')?.p99)),
          milliseconds(middle(of(what, 'large')?.p99)),
        ]),
      },
      cleanUpTable(cleanUp),
      planTable(plans),
    ],
    charts: [],
    targets: [
      {
        name: '6. Warm guard with large tables, of small ones',
        wanted: 'unchanged (0.95 or more)',
        measured: ratio(warm),
        met: warm >= 0.95,
      },
      latencyTarget('6. Cold guard, median latency', growth(COLD, 'p50'), 1.3),
      latencyTarget('6. Link requests, median latency', growth(REQUESTS, 'p50'), 2),
      latencyTarget('6. Verifications, median latency', growth(VERIFICATIONS, 'p50'), 2),
      ...cleanUpTargets(cleanUp, rates),
    ],
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
function cleanUpTable({ load, deletedPerSecond }) {
  return {
    title: `While the clean-up deletes ${whole(deletedPerSecond)} rows/s, at half load on the large tables`,
    head: ['', 'median ms, alone', 'meanwhile', 'p99 ms, alone', 'meanwhile'],
    rows: [COLD, REQUESTS].map((what) => [
      what,
      .../** @type {const} */ (['p50', 'p99']).flatMap((key) =>
        [ALONE, MEANWHILE].map((when) => milliseconds(middle(load[`${what}, ${when}`]?.[key]))),
      ),
    ]),
  };
}

/**
 * @param {import('./clean-up.mjs').CleanUpResults} results
 * @param {Record<string, number>} rates
 */
function cleanUpTargets({ load, deletedPerSecond }, rates) {
  const worst = Math.max(
    ...[COLD, REQUESTS].map((what) =>
      medianRatio(load[`${what}, ${MEANWHILE}`]?.p99, load[`${what}, ${ALONE}`]?.p99),
    ),
  );
  // Each request leaves a link and a mail behind.
  const arriving = 2 * (rates[REQUESTS] ?? NaN);
  return [
    {
      name: '6. Clean-up, rows deleted a second',
      wanted: `more than half load makes (${whole(arriving)}/s)`,
      measured: `${whole(deletedPerSecond)}/s`,
      met: deletedPerSecond > arriving,
    },
    {
      name: '6. p99 while it cleans up, against without',
      wanted: 'at most 1.5×',
      measured: `${ratio(worst)}×`,
      met: worst <= 1.5,
    },
  ];
}

/** @param {import('./query-plans.mjs').PlanSummary} plans */
function planText({ steps, readWhole, unusedIndexes }) {
  const statements = Object.values(steps).reduce((sum, step) => sum + step.statements, 0);
  const list = (/** @type {string[]} */ names) => names.map((name) => `\`${name}\``).join(', ');
  const verdict =
    readWhole.length === 0
      ? `None reads one of the filled tables (${list(LARGE_TABLES)}) from end to end.`
      : `**Read from end to end: ${list(readWhole)}.**`;
  const unused =
    unusedIndexes.length === 0
      ? 'Every index on them was looked into.'
      : `No statement looked into ${list(unusedIndexes)}, which keep keys unique or point to rows.`;
  return `PostgreSQL's auto_explain recorded the plan of every statement that the running service sends while each route was asked on the large tables, often enough for plans to settle: ${whole(statements)} statements. ${verdict} ${unused} A run of this suite writes the plans themselves to \`bench/out/query-plans.md\`.`;
}

/** @param {import('./query-plans.mjs').PlanSummary} plans */
function planTable({ steps }) {
  return {
    title: 'Statements by the first step that ran them, in the last run of each',
    head: ['', 'statements', 'slowest, ms'],
    rows: Object.entries(steps).map(([step, { statements, slowest }]) => [
      step,
      whole(statements),
      slowest.toFixed(2),
    ]),
  };
}
