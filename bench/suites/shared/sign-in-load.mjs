import { demandSuccess, perSecond, withProcessorTime } from '../../lib/rounds.mjs';
import { runFullLoad, sendAll } from '../../load/generator.mjs';

export const CONNECTIONS = 16;
/** More than any server here answers in a second; requests that are left over cost little. */
const GREATEST_RATE = 12_000;
/** Links that are there for verifications, of what is expected to be used. */
const RESERVE = 1.5;

/** @typedef {import('../../lib/rounds.mjs').Contender} Contender */
/** @typedef {import('../../load/requests.mjs').HttpRequest} HttpRequest */
/** @typedef {import('./product-sign-in.mjs').SignInServer} SignInServer */

/**
 * Asking a server for links and using them, as two contenders. Verifications use the links that
 * were asked for.
 *
 * @param {SignInServer} server
 * @param {Pick<import('../../lib/run.mjs').Run, 'requestFile'>} run
 * @returns {Contender[]}
 */
export function signInContenders(server, run) {
  const { name, database, countLinks, countSessions } = server;
  let people = 0;
  let fastest = 0;
  const nextRequests = (/** @type {number} */ count) => {
    const first = people;
    people += count;
    return Array.from({ length: count }, (_, n) => server.linkRequest(first + n));
  };
  /** @param {string} sql @param {HttpRequest[]} requests @param {number} seconds */
  const load = async (sql, requests, seconds) => {
    const file = await run.requestFile(requests);
    // Tables grow here faster than autovacuum wakes, and plans made for empty ones are of no use.
    await database.sql('ANALYZE');
    const [before] = await database.sql(sql);
    const { url } = server.server;
    const settings = { url, file, once: true, connections: CONNECTIONS, seconds };
    const result = await withProcessorTime(server.server, () => runFullLoad(settings));
    const [after] = await database.sql(sql);
    // A peer may answer a failure with a redirect, which the load generator takes for success.
    if (after.count - before.count < demandSuccess(name, result).requests) {
      throw new Error(`${name}: ${result.requests} answers, ${after.count - before.count} rows`);
    }

    fastest = Math.max(fastest, perSecond(result));
    return result;
  };
  /** So many links, or more. */
  const verifications = async (/** @type {number} */ wanted) => {
    const there = await server.verifications();
    if (there.length >= wanted) return there;
    const file = await run.requestFile(nextRequests(wanted - there.length));
    const { url } = server.server;
    demandSuccess(name, await sendAll({ url, file, connections: CONNECTIONS }));
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
