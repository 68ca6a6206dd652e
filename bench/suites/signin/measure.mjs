import { demandSuccess, perSecond, runRounds, withProcessorTime } from '../../lib/rounds.mjs';
import { NAMES, startSignInServers } from './contenders.mjs';
import { measureMailWorker } from './mail-worker.mjs';

const CONNECTIONS = 16;
/** More than any server here answers in a second; requests that are left over cost nothing. */
const GREATEST_RATE = 12_000;
/** Links that are there for verifications, of what is expected to be used. */
const RESERVE = 1.5;

/** @typedef {import('../../lib/rounds.mjs').Contender} Contender */
/** @typedef {import('./contenders.mjs').SignInServer} SignInServer */

/**
 * @typedef {object} SignInResults
 * @property {number} connections
 * @property {Record<string, import('../../load/generators.mjs').LoadResult[]>} load by server and
 *   step: `MIRA Auth, requests`
 * @property {import('./mail-worker.mjs').MailWorkerResult} mail
 */

/** @param {boolean} quick @param {number} [rounds] */
const planOf = (quick, rounds) =>
  quick
    ? { rounds: rounds ?? 1, warmUpSeconds: 1, seconds: 1 }
    : { rounds: rounds ?? 5, warmUpSeconds: 20, seconds: 6 };

/** @param {boolean} quick */
export function plannedSeconds(quick) {
  const { rounds, warmUpSeconds, seconds } = planOf(quick);
  const each = 3 * Object.keys(NAMES).length;
  return 15 + each * (warmUpSeconds + rounds * seconds);
}

/**
 * What asking for a link and using it costs, here and elsewhere.
 *
 * @param {import('../../lib/run.mjs').Run} run
 * @returns {Promise<SignInResults>}
 */
export async function measure(run) {
  const servers = await startSignInServers(run);
  const contenders = servers.flatMap((server) => contendersOf(server, run));
  const load = await runRounds(contenders, planOf(run.quick, run.rounds), (text) =>
    run.tell(`signin, ${text}`),
  );
  await run.stopServers();
  const mail = await measureMailWorker(run);
  return { connections: CONNECTIONS, load, mail };
}

/**
 * @param {SignInServer} server
 * @param {import('../../lib/run.mjs').Run} run
 * @returns {Contender[]}
 */
function contendersOf(server, run) {
  const { name, database, countLinks, countSessions } = server;
  let people = 0;
  let fastest = 0;
  const nextRequests = (/** @type {number} */ count) => {
    const first = people;
    people += count;
    return Array.from({ length: count }, (_, n) => server.linkRequest(first + n));
  };
  /** @param {string} sql @param {string[]} requests @param {number} seconds */
  const load = async (sql, requests, seconds) => {
    const file = await run.requestFile(requests);
    // Tables grow here faster than autovacuum wakes, and plans made for empty ones are of no use.
    await database.sql('ANALYZE');
    const [before] = await database.sql(sql);
    const { url } = server.server;
    const settings = { url, file, once: true, connections: CONNECTIONS, seconds };
    const result = await withProcessorTime(server.server, () => run.fullLoad(settings));
    const [after] = await database.sql(sql);
    // A peer may answer a failure with a redirect, which the load generator takes for success.
    if (after.count - before.count < result.requests - result.failed)
      throw new Error(`${name}: ${result.requests} answers, ${after.count - before.count} rows`);

    fastest = Math.max(fastest, perSecond(result));
    return result;
  };
  /** So many links, or more. */
  const verifications = async (/** @type {number} */ wanted) => {
    const there = await server.verifications();
    if (there.length >= wanted) return there;
    const file = await run.requestFile(nextRequests(wanted - there.length));
    const { url } = server.server;
    demandSuccess(name, await run.sendAll({ url, file, connections: CONNECTIONS }));
    return server.verifications();
  };
  return [
    {
      name: `${name}, requests`,
      run: (seconds) => load(countLinks, nextRequests(GREATEST_RATE * seconds), seconds),
    },
    {
      name: `${name}, verifications`,
      run: async (seconds) => {
        // How fast it is, is only known once it has not run out of links.
        for (let wanted = Math.ceil(fastest * seconds * RESERVE); ; wanted *= 2) {
          const requests = await verifications(wanted);
          const result = await load(countSessions, requests, seconds);
          if (result.requests + CONNECTIONS <= requests.length) return result;
        }
      },
    },
  ];
}
