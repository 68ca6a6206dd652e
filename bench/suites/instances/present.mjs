import { perSecond } from '../../lib/rounds.mjs';
import { median, medianRatio, quantile } from '../../lib/statistics.mjs';
import { ratio, whole } from '../../report/section.mjs';
import { NAMES } from './measure.mjs';

/** Invariant I9. */
const LEASE_MS = 1_000;

/**
 * @param {import('./measure.mjs').InstancesResults} results
 * @returns {import('../../report/section.mjs').Section}
 */
export function present({ throughput, revocations }) {
  const speeds = (/** @type {string} */ name) => (throughput[name] ?? []).map(perSecond);
  const gain = medianRatio(speeds(NAMES.two), speeds(NAMES.one));
  const ways = [
    { name: 'logout at the other instance', values: revocations.logout },
    { name: 'UPDATE by plain SQL', values: revocations.sql },
  ];
  const all = [...revocations.logout, ...revocations.sql];
  const lost = all.filter((value) => value > LEASE_MS).length;
  return {
    title: 'Two instances',
    text: [
      'Two processes on one database, which share the machine with the load generator and PostgreSQL. A revocation counts from the moment at which whoever made it knows that it is committed, until the other instance refuses a session that it had in memory; it is asked about every millisecond.',
    ],
    tables: [
      {
        title: 'Guarded requests, cache warm',
        head: ['', 'requests/s', 'of one'],
        rows: Object.values(NAMES).map((name) => [
          name,
          whole(median(speeds(name))),
          ratio(medianRatio(speeds(name), speeds(NAMES.one))),
        ]),
      },
      {
        title: 'Until the other instance refuses',
        head: ['revoked by', 'revocations', 'median ms', 'p99 ms', 'longest ms'],
        rows: ways.map(({ name, values }) => [
          name,
          whole(values.length),
          quantile(values, 0.5).toFixed(1),
          quantile(values, 0.99).toFixed(1),
          quantile(values, 1).toFixed(1),
        ]),
      },
    ],
    charts: [],
    targets: [
      {
        name: '7. Revocations that the other instance did not see within a second',
        wanted: 'none',
        measured: `${lost} of ${whole(all.length)}`,
        met: lost === 0,
      },
      {
        name: '7. Throughput of two instances, of one',
        wanted: 'at least 1.00',
        measured: ratio(gain),
        met: gain >= 1,
      },
    ],
  };
}
