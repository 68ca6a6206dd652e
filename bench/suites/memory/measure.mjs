import { setTimeout as delay } from 'node:timers/promises';

import { demandSuccess } from '../../lib/rounds.mjs';
import { bearer } from '../../load/requests.mjs';
import { productSignIn } from '../signin/contenders.mjs';

const CONNECTIONS = 32;
/** Of 20 requests during the soak one asks for a link and one uses a link; 18 are guarded. */
const CYCLE = 20;

/**
 * @typedef {object} MemorySample
 * @property {number} seconds since the soak began
 * @property {number} heapUsed bytes, after a collection
 * @property {number} rss bytes
 */

/**
 * @typedef {object} MemoryResults
 * @property {number} sessions that were used
 * @property {number} cached of them, as the process itself counts
 * @property {number} bytesEach heap, for a cached session
 * @property {number} cachedAtMost after more sessions than the cache may hold
 * @property {number} rate requests per second of the soak
 * @property {MemorySample[]} soak
 */

/** @param {boolean} quick */
const planOf = (quick) =>
  quick
    ? { sessions: 5_000, soakSeconds: 10, sampleSeconds: 1, rate: 200 }
    : { sessions: 50_000, soakSeconds: 600, sampleSeconds: 15, rate: 400 };

/** @param {boolean} quick */
export function plannedSeconds(quick) {
  const { sessions, soakSeconds } = planOf(quick);
  return 8 + sessions / 800 + soakSeconds * 1.1;
}

/**
 * What a cached session costs, and whether anything grows.
 *
 * @param {import('../../lib/run.mjs').Run} run
 * @returns {Promise<MemoryResults>}
 */
export async function measure(run) {
  const { sessions, soakSeconds, sampleSeconds, rate } = planOf(run.quick);
  const database = await run.postgres.createDatabase('memory', run.product.dist);
  const tokens = await run.product.openSessions(database, sessions + sessions / 10);
  const guarded = tokens.map((token, n) => bearer('/resource', token, n));
  const server = await run.product.start(database, { session: { cacheEntries: sessions } });
  const { url } = server;
  /** @param {string[]} requests */
  const send = async (requests) => {
    const file = await run.requestFile(requests);
    demandSuccess('memory', await run.sendAll({ url, file, connections: CONNECTIONS }));
  };

  // What any server keeps once it has been used: code, connections, statements.
  await send(Array.from({ length: 3_000 }, (_, n) => guarded.at(-1 - (n % 100)) ?? ''));
  const before = await server.ask('memory');
  const cachedBefore = await server.ask('cachedSessions');
  await send(guarded.slice(0, sessions - cachedBefore));
  const cached = await server.ask('cachedSessions');
  const after = await server.ask('memory');
  const bytesEach = (after.heapUsed - before.heapUsed) / (cached - cachedBefore);
  await send(guarded);
  const cachedAtMost = await server.ask('cachedSessions');
  run.tell(`memory: ${Math.round(bytesEach)} bytes for each of ${cached} sessions`);

  const steps = (rate * soakSeconds) / CYCLE;
  const signIn = productSignIn(run.product, database, server);
  const first = sessions * 2;
  await send(Array.from({ length: steps }, (_, n) => signIn.linkRequest(first + n)));
  const verifications = await signIn.verifications();
  const requests = Array.from({ length: steps * CYCLE }, (_, n) => {
    if (n % CYCLE === 0) return signIn.linkRequest(first + steps + n / CYCLE);
    if (n % CYCLE === 1) return verifications[(n - 1) / CYCLE] ?? '';
    return guarded[n % sessions] ?? '';
  });
  const file = await run.requestFile(requests);
  const load = { url, file, once: true, connections: CONNECTIONS, seconds: soakSeconds, rate };
  /** @type {MemorySample[]} */
  const soak = [];
  let isOver = false;
  const startedAt = performance.now();
  const soaked = run.constantRate(load).finally(() => (isOver = true));
  while (!isOver) {
    await Promise.race([delay(sampleSeconds * 1_000), soaked]);
    const seconds = (performance.now() - startedAt) / 1_000;
    soak.push({ seconds, ...(await server.ask('memory')) });
    if (soak.length % 10 === 0) run.tell(`memory: soaking for ${Math.round(seconds)} s`);
  }
  demandSuccess('soak', await soaked);
  await run.stopServers();
  return { sessions, cached, bytesEach, cachedAtMost, rate, soak };
}
