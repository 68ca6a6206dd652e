import { middle, runRounds, withProcessorTime } from '../../lib/rounds.mjs';
import { runConstantRate, runFullLoad } from '../../load/generator.mjs';
import { NAMES, SESSIONS, startGuardedServers } from './contenders.mjs';

const CONNECTIONS = 32;

/** @typedef {import('../../lib/rounds.mjs').Rounds} Rounds */

/**
 * @typedef {object} GuardResults
 * @property {number} connections
 * @property {number} sessions that take turns
 * @property {Record<string, Rounds>} full as fast as they answer, by server
 * @property {number} halfRate requests per second of the following
 * @property {Record<string, Rounds>} half at half the guarded route's greatest rate
 */

/** @param {boolean} quick @param {number} [rounds] */
const planOf = (quick, rounds) =>
  quick
    ? { rounds: rounds ?? 1, warmUpSeconds: 1, seconds: 1 }
    : { rounds: rounds ?? 5, warmUpSeconds: 10, seconds: 6 };

/** @param {boolean} quick */
export function plannedSeconds(quick) {
  const { rounds, warmUpSeconds, seconds } = planOf(quick);
  const servers = Object.keys(NAMES).length;
  return 10 + servers * (warmUpSeconds + rounds * seconds) + 2 * (rounds + 1) * seconds;
}

/**
 * What a check of a session costs a route, here and elsewhere.
 *
 * @param {import('../../lib/run.mjs').Run} run
 * @returns {Promise<GuardResults>}
 */
export async function measure(run) {
  const servers = await startGuardedServers(run);
  const plan = planOf(run.quick, run.rounds);
  const loads = await Promise.all(
    servers.map(async ({ name, server, requests }) => {
      const file = await run.requestFile(requests);
      return {
        name,
        server,
        load: { url: server.url, file, once: false, connections: CONNECTIONS },
      };
    }),
  );
  const full = await runRounds(
    loads.map(({ name, server, load }) => ({
      name,
      run: (seconds) => withProcessorTime(server, () => runFullLoad({ ...load, seconds })),
    })),
    plan,
    (text) => run.tell(`guard, ${text}`),
  );

  const halfRate = Math.round(middle(full[NAMES.warm]?.perSecond) / 2);
  const half = await runRounds(
    loads
      .filter(({ name }) => name === NAMES.open || name === NAMES.warm)
      .map(({ name, load }) => ({
        name,
        run: (seconds) => runConstantRate({ ...load, seconds, rate: halfRate }),
      })),
    plan,
    (text) => run.tell(`guard at half load, ${text}`),
  );
  await run.stopServers();
  return { connections: CONNECTIONS, sessions: SESSIONS, full, halfRate, half };
}
