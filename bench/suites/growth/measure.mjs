import { perSecond, runRounds } from '../../lib/rounds.mjs';
import { runFullLoad, sendAll } from '../../load/generator.mjs';
import { measureCleanUp } from './clean-up.mjs';
import {
  COLD,
  contendersOf,
  GUARD_CONNECTIONS,
  nextLinkRequests,
  openSize,
  REQUESTS,
  SIGN_IN_CONNECTIONS,
  VERIFICATIONS,
} from './contenders.mjs';
import { recordPlans } from './query-plans.mjs';

/**
 * @typedef {object} GrowthResults
 * @property {number} rows sessions, and as many links, in the large tables
 * @property {number} sessions that are used
 * @property {Record<string, number>} rates of half load, requests per second
 * @property {Record<string, import('../../lib/rounds.mjs').Rounds>} load by what and size: `link requests, small`
 * @property {import('./clean-up.mjs').CleanUpResults} cleanUp
 * @property {import('./query-plans.mjs').PlanSummary} plans
 */

/** @param {boolean} quick @param {number} [rounds] */
const planOf = (quick, rounds) =>
  quick
    ? {
        rows: 100_000,
        sessions: 2_000,
        rounds: rounds ?? 1,
        cleanUpRounds: 1,
        warmUpSeconds: 1,
        seconds: 1,
      }
    : {
        rows: 10_000_000,
        sessions: 20_000,
        rounds: rounds ?? 5,
        // The highest of a hundred latencies differ more from round to round than the middle one.
        cleanUpRounds: 5,
        // Large tables take longer until what is used of them is in memory.
        warmUpSeconds: 15,
        seconds: 8,
      };

/** @param {boolean} quick */
export function plannedSeconds(quick) {
  const { rows, rounds, cleanUpRounds, warmUpSeconds, seconds } = planOf(quick);
  const load =
    (warmUpSeconds + rounds * seconds) * 8 +
    (warmUpSeconds + cleanUpRounds * (seconds + 1)) * 4 +
    16 * seconds;
  return 30 + rows / 25_000 + load * 1.2;
}

/**
 * What ten million rows change.
 *
 * @param {import('../../lib/run.mjs').Run} run
 * @returns {Promise<GrowthResults>}
 */
export async function measure(run) {
  const plan = planOf(run.quick, run.rounds);
  const { rows, sessions } = plan;
  const small = await openSize(run, 'small', sessions, 0);
  const large = await openSize(run, 'large', sessions, rows);
  const tell = (/** @type {string} */ text) => run.tell(`growth, ${text}`);

  // The large one's as well, so that its servers are as warm.
  await halfRates(run, large, plan.seconds);
  const rates = await halfRates(run, small, plan.seconds);
  const ofLarge = contendersOf(run, large, rates);
  // Small and large take turns.
  const contenders = contendersOf(run, small, rates).flatMap((own, what) => [
    own,
    ...ofLarge.slice(what, what + 1),
  ]);
  const load = await runRounds(contenders, plan, tell);
  const cleanUp = await measureCleanUp(run, large, rates, {
    ...plan,
    rounds: run.rounds ?? plan.cleanUpRounds,
  });
  await run.stopServers();
  const plans = await recordPlans(run, large.database, large.tokens);
  return { rows, sessions, rates, load, cleanUp, plans };
}

/**
 * Half of what a size can take at most.
 *
 * @param {import('../../lib/run.mjs').Run} run
 * @param {import('./contenders.mjs').Size} size
 * @param {number} seconds
 */
async function halfRates(run, size, seconds) {
  const greatest = async (
    /** @type {Omit<import('../../load/generator.mjs').Load, 'seconds'>} */ load,
  ) => {
    await runFullLoad({ ...load, seconds });
    return perSecond(await runFullLoad({ ...load, seconds }));
  };
  const { url } = size.warm;
  const cold = await greatest({
    url: size.cold.url,
    file: size.coldFile,
    once: false,
    connections: GUARD_CONNECTIONS,
  });
  const requests = await greatest({
    url,
    file: await run.requestFile(nextLinkRequests(size, 2 * seconds * 8_000)),
    once: false,
    connections: SIGN_IN_CONNECTIONS,
  });
  const all = await size.signIn.verifications();
  const startedAt = performance.now();
  const file = await run.requestFile(all.slice(0, Math.round(requests * seconds)));
  const sent = await sendAll({ url, file, connections: SIGN_IN_CONNECTIONS });
  const verifications = (sent.requests * 1_000) / (performance.now() - startedAt);
  run.tell(`growth, found half load of ${size.name}`);
  return {
    [COLD]: Math.round(cold / 2),
    [REQUESTS]: Math.round(requests / 2),
    [VERIFICATIONS]: Math.round(Math.min(verifications, requests * 0.9) / 2),
  };
}
