import { runRounds } from '../../lib/rounds.mjs';
import { CONNECTIONS, signInContenders } from '../shared/sign-in-load.mjs';
import { NAMES, startSignInServers } from './contenders.mjs';
import { measureMailWorker } from './mail-worker.mjs';

/**
 * @typedef {object} SignInResults
 * @property {number} connections
 * @property {Record<string, import('../../lib/rounds.mjs').Rounds>} load by server and step:
 *   `MIRA Auth, requests`
 * @property {number} mailsPerSecond of the mail worker
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
  const contenders = servers.flatMap((server) => signInContenders(server, run));
  const load = await runRounds(contenders, planOf(run.quick, run.rounds), (text) =>
    run.tell(`signin, ${text}`),
  );
  await run.stopServers();
  return { connections: CONNECTIONS, load, mailsPerSecond: await measureMailWorker(run) };
}
