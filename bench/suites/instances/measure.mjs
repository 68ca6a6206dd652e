import { max, median, quantile } from 'simple-statistics';

import { demandSuccess, perSecond, runRounds } from '../../lib/rounds.mjs';
import { runFullLoad } from '../../load/generator.mjs';
import { addressOf, bearer, httpRequest } from '../../load/requests.mjs';
import { pollUntilRefused } from './revocation.mjs';

const CONNECTIONS = 32;
const SESSIONS = 100;
/** How long a revoked session may be accepted elsewhere (invariant I9). */
const LEASE_MS = 1_000;

/** How the contenders are called, here and in the results. */
export const NAMES = { one: 'one instance', two: 'two instances' };

/**
 * @typedef {object} InstancesResults
 * @property {Record<string, import('../../lib/rounds.mjs').Rounds>} throughput
 * @property {Record<'logout' | 'sql', ReturnType<typeof summaryOf>>} revocations from the commit of
 *   a revocation until the other instance refused the session, by how it was revoked
 */

/** @param {boolean} quick @param {number} [rounds] */
const planOf = (quick, rounds) =>
  quick
    ? { rounds: rounds ?? 1, warmUpSeconds: 1, seconds: 1, revocations: 40 }
    : { rounds: rounds ?? 5, warmUpSeconds: 5, seconds: 6, revocations: 200 };

/** @param {boolean} quick */
export function plannedSeconds(quick) {
  const { rounds, warmUpSeconds, seconds, revocations } = planOf(quick);
  return 4 + 2 * (warmUpSeconds + rounds * seconds) + revocations / 8;
}

/**
 * Two instances on one database: what they serve together, and how soon one refuses what was
 * revoked at the other.
 *
 * @param {import('../../lib/run.mjs').Run} run
 * @returns {Promise<InstancesResults>}
 */
export async function measure(run) {
  const plan = planOf(run.quick, run.rounds);
  const database = await run.postgres.createDatabase('instances', run.product.dist);
  const tokens = await run.product.openSessions(database, SESSIONS + 2 * plan.revocations);
  const first = await run.product.start(database);
  const second = await run.product.start(database);
  const warm = tokens.slice(0, SESSIONS).map((token, n) => bearer('/resource', token, n));
  const file = await run.requestFile(warm);
  /** @param {string} url @param {number} seconds @param {number} connections */
  const load = (url, seconds, connections) =>
    runFullLoad({ url, file, once: false, connections, seconds });

  const throughput = await runRounds(
    [
      { name: NAMES.one, run: (seconds) => load(first.url, seconds, CONNECTIONS) },
      {
        name: NAMES.two,
        run: async (seconds) =>
          together(
            await Promise.all(
              [first, second].map(({ url }) => load(url, seconds, CONNECTIONS / 2)),
            ),
          ),
      },
    ],
    plan,
    (text) => run.tell(`instances, ${text}`),
  );

  /** @type {Record<'logout' | 'sql', number[]>} */
  const revocations = { logout: [], sql: [] };
  for (let n = SESSIONS; n < tokens.length; n += 1) {
    const token = tokens[n] ?? '';
    const way = n % 2 === 0 ? 'logout' : 'sql';
    const headers = { authorization: `Bearer ${token}`, 'x-forwarded-for': addressOf(n) };
    const revoke =
      way === 'logout'
        ? { url: first.url, request: httpRequest('POST', '/auth/logout', headers, {}) }
        : () => revokeBySql(database, n);
    revocations[way].push(
      await pollUntilRefused(second.url, bearer('/resource', token, n), revoke),
    );
  }
  run.tell(`instances: ${tokens.length - SESSIONS} revocations`);
  await run.stopServers();
  const { logout, sql } = revocations;
  return { throughput, revocations: { logout: summaryOf(logout), sql: summaryOf(sql) } };
}

/** @param {number[]} values milliseconds */
function summaryOf(values) {
  const rounded = (/** @type {number} */ value) => Math.round(value * 10) / 10;
  return {
    count: values.length,
    median: rounded(median(values)),
    p99: rounded(quantile(values, 0.99)),
    longest: rounded(max(values)),
    late: values.filter((value) => value > LEASE_MS).length,
  };
}

/** @param {import('../../lib/postgres.mjs').BenchDatabase} database @param {number} n */
async function revokeBySql(database, n) {
  const sql = 'UPDATE user_sessions SET is_active = false WHERE ip_address = $1';
  await database.sql(sql, [addressOf(n)]);
}

/**
 * Two loads at once as one.
 *
 * @param {import('../../load/generator.mjs').LoadResult[]} results
 */
function together(results) {
  for (const result of results) demandSuccess(NAMES.two, result);
  const most = (/** @type {'p50' | 'p99'} */ key) =>
    Math.max(...results.map((result) => result[key]));
  const perMicrosecond = results.reduce((sum, result) => sum + perSecond(result), 0) / 1e6;
  const requests = results.reduce((sum, result) => sum + result.requests, 0);
  return {
    requests,
    microseconds: requests / perMicrosecond,
    failures: {},
    p50: most('p50'),
    p99: most('p99'),
  };
}
