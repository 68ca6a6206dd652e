import { perSecond, runRounds, withProcessorTime } from '../../lib/rounds.mjs';
import { bearer } from '../../load/requests.mjs';
import { productSignIn } from '../signin/contenders.mjs';
import { addBulkRows } from './bulk-rows.mjs';
import { measureCleanUp } from './clean-up.mjs';
import { recordPlans } from './query-plans.mjs';

const GUARD_CONNECTIONS = 32;
const SIGN_IN_CONNECTIONS = 16;
export const SIZES = /** @type {const} */ (['small', 'large']);
export const WARM = 'guard, cache warm, full load';
export const COLD = 'guard, cache off';
export const REQUESTS = 'link requests';
export const VERIFICATIONS = 'verifications';

/** @typedef {import('../../load/generators.mjs').LoadResult} LoadResult */

/**
 * @typedef {object} GrowthResults
 * @property {number} rows sessions, and as many links, in the large tables
 * @property {Record<string, number>} rates of half load, requests per second
 * @property {Record<string, LoadResult[]>} load by what and size: `link requests, small`
 * @property {import('./clean-up.mjs').CleanUpResults | null} cleanUp `null`: not in this build
 * @property {import('./query-plans.mjs').RecordedPlans} plans
 */

/** @param {boolean} quick @param {number} [rounds] */
export const planOf = (quick, rounds) =>
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
  const { rows } = plan;
  const small = await openSize(run, 'small', plan.sessions, 0);
  const large = await openSize(run, 'large', plan.sessions, rows);
  const tell = (/** @type {string} */ text) => run.tell(`growth, ${text}`);

  // The large one's as well, so that its servers are as warm.
  await halfRates(run, large, plan.seconds);
  const rates = await halfRates(run, small, plan.seconds);
  const contenders = [small, large].flatMap((size) => contendersOf(run, size, rates));
  // By what is measured, so that small and large take turns.
  contenders.sort((a, b) => ORDER.indexOf(a.what) - ORDER.indexOf(b.what));
  const load = await runRounds(contenders, plan, tell);
  const cleanUp = await measureCleanUp(run, large, rates, {
    ...plan,
    rounds: run.rounds ?? plan.cleanUpRounds,
  });
  await run.stopServers();
  const plans = await recordPlans(run, large.database, large.tokens);
  return { rows, rates, load, cleanUp, plans };
}

const ORDER = [WARM, COLD, REQUESTS, VERIFICATIONS];

/** @typedef {Awaited<ReturnType<typeof openSize>>} Size */

/**
 * A database with servers on it. The sessions that are used lie among the bulk.
 *
 * @param {import('../../lib/run.mjs').Run} run
 * @param {typeof SIZES[number]} name
 * @param {number} sessions
 * @param {number} rows of bulk
 */
async function openSize({ postgres, product, tell, requestFile }, name, sessions, rows) {
  const database = await postgres.createDatabase(`growth_${name}`, product.dist);
  /** @type {string[]} */
  const tokens = [];
  const open = async (/** @type {number} */ upTo) => {
    const count = Math.round(upTo) - tokens.length;
    if (count > 0) tokens.push(...(await product.openSessions(database, count, tokens.length)));
  };
  if (rows > 0) {
    await addBulkRows(database, rows, async (done) => {
      await open((sessions * done) / rows);
      tell(`growth, ${done.toLocaleString('en')} of ${rows.toLocaleString('en')} rows`);
    });
  }
  await open(sessions);
  const warm = await product.start(database);
  const cold = await product.start(database, { session: { cacheEntries: 0 } });
  const guarded = tokens.map((token, n) => bearer('/resource', token, n));
  // Some for the warm one, all for the cold one: nothing shall be near by chance.
  const warmFile = await requestFile(guarded.slice(0, 100));
  const coldFile = await requestFile(guarded);
  const signIn = productSignIn(product, database, warm);
  return { name, database, tokens, warm, cold, warmFile, coldFile, signIn, people: sessions };
}

/**
 * Half of what a size can take at most.
 *
 * @param {import('../../lib/run.mjs').Run} run
 * @param {Size} size
 * @param {number} seconds
 */
async function halfRates(run, size, seconds) {
  const greatest = async (
    /** @type {Omit<import('../../load/generators.mjs').Load, 'seconds'>} */ load,
  ) => {
    await run.fullLoad({ ...load, seconds });
    return perSecond(await run.fullLoad({ ...load, seconds }));
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
  const sent = await run.sendAll({ url, file, connections: SIGN_IN_CONNECTIONS });
  const verifications = (sent.requests * 1_000) / (performance.now() - startedAt);
  run.tell(`growth, found half load of ${size.name}`);
  return {
    [COLD]: Math.round(cold / 2),
    [REQUESTS]: Math.round(requests / 2),
    [VERIFICATIONS]: Math.round(Math.min(verifications, requests * 0.9) / 2),
  };
}

/** @param {Size} size @param {number} count */
export function nextLinkRequests(size, count) {
  const first = size.people;
  size.people += count;
  return Array.from({ length: count }, (_, n) => size.signIn.linkRequest(first + n));
}

/**
 * @param {import('../../lib/run.mjs').Run} run
 * @param {Size} size
 * @param {Record<string, number>} rates
 * @returns {(import('../../lib/rounds.mjs').Contender & { what: string })[]}
 */
export function contendersOf(run, size, rates) {
  const half = async (
    /** @type {string} */ what,
    /** @type {string} */ file,
    /** @type {boolean} */ once,
    /** @type {number} */ seconds,
  ) => {
    const server = what === COLD ? size.cold : size.warm;
    const connections = what === COLD ? GUARD_CONNECTIONS : SIGN_IN_CONNECTIONS;
    const load = { url: server.url, file, once, connections, seconds, rate: rates[what] ?? NaN };
    return withProcessorTime(server, () => run.constantRate(load));
  };
  const { warm, warmFile, coldFile } = size;
  const load = { url: warm.url, file: warmFile, once: false, connections: GUARD_CONNECTIONS };
  return [
    {
      what: WARM,
      run: (/** @type {number} */ seconds) =>
        withProcessorTime(warm, () => run.fullLoad({ ...load, seconds })),
    },
    { what: COLD, run: (/** @type {number} */ seconds) => half(COLD, coldFile, false, seconds) },
    {
      what: REQUESTS,
      run: async (/** @type {number} */ seconds) => {
        const requests = nextLinkRequests(size, Math.ceil((rates[REQUESTS] ?? 0) * seconds));
        return half(REQUESTS, await run.requestFile(requests), true, seconds);
      },
    },
    {
      what: VERIFICATIONS,
      run: async (/** @type {number} */ seconds) => {
        const requests = await size.signIn.verifications();
        return half(VERIFICATIONS, await run.requestFile(requests), true, seconds);
      },
    },
  ].map((contender) => ({ ...contender, name: `${contender.what}, ${size.name}` }));
}
