import { milliseconds, perSecond } from '../../lib/rounds.mjs';
import { median, medianRatio } from '../../lib/statistics.mjs';
import { barChart } from '../../report/bar-chart.mjs';
import { ratio, whole } from '../../report/section.mjs';
import { NAMES } from './contenders.mjs';

/** @typedef {import('../../load/generators.mjs').LoadResult} LoadResult */

/**
 * @param {import('./measure.mjs').GuardResults} results
 * @returns {import('../../report/section.mjs').Section}
 */
export function present({ connections, full, halfRate, half }) {
  const speeds = (/** @type {string} */ name) => (full[name] ?? []).map(perSecond);
  const against = (/** @type {string} */ name, /** @type {string} */ reference) =>
    medianRatio(speeds(name), speeds(reference));
  const middle = (/** @type {LoadResult[]} */ rounds, /** @type {'p50' | 'p99'} */ key) =>
    median(rounds.map((round) => round[key]));
  const names = Object.keys(full);
  const bars = names
    .map((name) => ({
      label: name,
      value: median(speeds(name)),
      text: `${whole(median(speeds(name)))}/s · ${ratio(against(name, NAMES.bare))}`,
      own: name.startsWith('MIRA'),
    }))
    .sort((a, b) => b.value - a.value);

  const warm = against(NAMES.warm, NAMES.open);
  const cold = against(NAMES.cold, NAMES.open);
  const join = against(NAMES.query, NAMES.bare);
  const p99 = medianRatio(
    (half[NAMES.warm] ?? []).map((round) => round.p99),
    (half[NAMES.open] ?? []).map((round) => round.p99),
  );
  return {
    title: 'A guarded request',
    text: [
      `A GET with a small JSON answer over ${connections} kept connections. 100 sessions take turns. The full context policy is on. All servers are NestJS with Express; the peers' guards are what their documentation shows. better-auth with its cookie cache accepts a revoked session for up to five minutes, and a JWT cannot be revoked at all.`,
    ],
    tables: [
      {
        title: 'At full load',
        head: ['server', 'requests/s', 'of no guard', 'of own unguarded', 'p99 ms', 'CPU µs'],
        rows: names.map((name) => [
          name,
          whole(median(speeds(name))),
          ratio(against(name, NAMES.bare)),
          name.startsWith('MIRA') ? ratio(against(name, NAMES.open)) : '',
          milliseconds(middle(full[name] ?? [], 'p99')),
          whole(median((full[name] ?? []).map(({ cpu = NaN }) => cpu))),
        ]),
      },
      {
        title: `At half load (${whole(halfRate)} requests/s)`,
        head: ['route', 'median ms', 'p99 ms'],
        rows: Object.entries(half).map(([name, rounds]) => [
          name,
          milliseconds(middle(rounds, 'p50')),
          milliseconds(middle(rounds, 'p99')),
        ]),
      },
    ],
    charts: [
      {
        file: 'guard.svg',
        title: 'Guarded requests per second, and their share of an unguarded NestJS',
        svg: barChart('Guarded requests per second · share of an unguarded NestJS', bars),
      },
    ],
    targets: [
      target('1. Session guard, cache warm, of the same application unguarded', warm, 0.88),
      target('2. The same with the cache off', cold, 0.45),
      target('2. The join alone, of a bare NestJS', join, 0.6),
      {
        name: '4. p99 at half load, against the unguarded route',
        wanted: 'at most 3×',
        measured: `${ratio(p99)}×`,
        met: p99 <= 3,
      },
    ],
  };
}

/** @param {string} name @param {number} measured @param {number} least */
function target(name, measured, least) {
  const wanted = `at least ${ratio(least)}`;
  return { name, wanted, measured: ratio(measured), met: measured >= least };
}
