import { medianRatio, middle } from '../../lib/rounds.mjs';
import { ratio, whole } from '../../report/section.mjs';
import { NAMES } from './measure.mjs';

/**
 * @param {import('./measure.mjs').InstancesResults} results
 * @returns {import('../../report/section.mjs').Section}
 */
export function present({ throughput, revocations }) {
  const ofOne = (/** @type {string} */ name) =>
    medianRatio(throughput[name]?.perSecond, throughput[NAMES.one]?.perSecond);
  const { logout, sql } = revocations;
  const gain = ofOne(NAMES.two);
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
          whole(middle(throughput[name]?.perSecond)),
          ratio(ofOne(name)),
        ]),
      },
      {
        title: 'Until the other instance refuses',
        head: ['revoked by', 'revocations', 'median ms', 'p99 ms', 'longest ms'],
        rows: [
          { name: 'logout at the other instance', ...logout },
          { name: 'UPDATE by plain SQL', ...sql },
        ].map(({ name, count, median, p99, longest }) => [
          name,
          whole(count),
          ...[median, p99, longest].map((milliseconds) => milliseconds.toFixed(1)),
        ]),
      },
    ],
    charts: [],
    targets: [
      {
        name: '7. Revocations that the other instance did not see within a second',
        wanted: 'none',
        measured: `${logout.late + sql.late} of ${whole(logout.count + sql.count)}`,
        met: logout.late + sql.late === 0,
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
