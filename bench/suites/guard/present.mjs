import { medianRatio, middle, milliseconds } from '../../lib/rounds.mjs';
import { barChart } from '../../report/chart.mjs';
import { ratio, whole } from '../../report/section.mjs';
import { NAMES } from './contenders.mjs';

/**
 * @param {import('./measure.mjs').GuardResults} results
 * @returns {import('../../report/section.mjs').Section}
 */
export function present({ connections, sessions, full, halfRate, half }) {
  const against = (/** @type {string} */ name, /** @type {string} */ reference) =>
    medianRatio(full[name]?.perSecond, full[reference]?.perSecond);
  const names = Object.keys(full);
  const warm = against(NAMES.warm, NAMES.open);
  const cold = against(NAMES.cold, NAMES.open);
  const join = against(NAMES.query, NAMES.bare);
  const p99 = medianRatio(half[NAMES.warm]?.p99, half[NAMES.open]?.p99);
  return {
    title: 'A guarded request',
    text: [
      `A GET with a small JSON answer over ${connections} kept connections. ${whole(sessions)} sessions take turns. The full context policy is on. All servers are NestJS with Express; the peers' guards are what their documentation shows. better-auth with its cookie cache accepts a revoked session for up to five minutes, and a JWT cannot be revoked at all.`,
    ],
    tables: [
      {
        title: 'At full load',
        head: ['server', 'requests/s', 'of no guard', 'of own unguarded', 'p99 ms', 'CPU µs'],
        rows: names.map((name) => [
          name,
          whole(middle(full[name]?.perSecond)),
          ratio(against(name, NAMES.bare)),
          name.startsWith('MIRA') ? ratio(against(name, NAMES.open)) : '',
          milliseconds(middle(full[name]?.p99)),
          whole(middle(full[name]?.cpu)),
        ]),
      },
      {
        title: `At half load (${whole(halfRate)} requests/s)`,
        head: ['route', 'median ms', 'p99 ms'],
        rows: Object.entries(half).map(([name, rounds]) => [
          name,
          milliseconds(middle(rounds.p50)),
          milliseconds(middle(rounds.p99)),
        ]),
      },
    ],
    charts: [
      barChart(
        'Guarded requests per second',
        Object.fromEntries(names.map((name) => [name, middle(full[name]?.perSecond)])),
      ),
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
