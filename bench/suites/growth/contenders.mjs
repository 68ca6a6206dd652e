import { withProcessorTime } from '../../lib/rounds.mjs';
import { runConstantRate, runFullLoad } from '../../load/generator.mjs';
import { bearer } from '../../load/requests.mjs';
import { productSignIn } from '../shared/product-sign-in.mjs';
import { addBulkRows } from './bulk-rows.mjs';

export const GUARD_CONNECTIONS = 32;
export const SIGN_IN_CONNECTIONS = 16;
/** Sessions that are used in turn where the cache is warm. */
const WARM_SESSIONS = 100;

/** What is measured, by its name here and in the results. */
export const WARM = 'guard, cache warm, full load';
export const COLD = 'guard, cache off';
export const REQUESTS = 'link requests';
export const VERIFICATIONS = 'verifications';

/** @typedef {Awaited<ReturnType<typeof openSize>>} Size */

/**
 * A database with servers on it. The sessions that are used lie among the bulk.
 *
 * @param {import('../../lib/run.mjs').Run} run
 * @param {'small' | 'large'} name
 * @param {number} sessions
 * @param {number} rows of bulk
 */
export async function openSize({ postgres, product, tell, requestFile }, name, sessions, rows) {
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
  const warmFile = await requestFile(guarded.slice(0, WARM_SESSIONS));
  const coldFile = await requestFile(guarded);
  const signIn = productSignIn(product, database, warm);
  return { name, database, tokens, warm, cold, warmFile, coldFile, signIn, people: sessions };
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
    return withProcessorTime(server, () => runConstantRate(load));
  };
  const { warm, warmFile, coldFile } = size;
  const load = { url: warm.url, file: warmFile, once: false, connections: GUARD_CONNECTIONS };
  return [
    {
      what: WARM,
      run: (/** @type {number} */ seconds) =>
        withProcessorTime(warm, () => runFullLoad({ ...load, seconds })),
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
