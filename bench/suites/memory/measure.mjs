import { setTimeout as delay } from 'node:timers/promises';

import { demandSuccess } from '../../lib/rounds.mjs';
import { runConstantRate, sendAll } from '../../load/generator.mjs';
import { bearer } from '../../load/requests.mjs';
import { productSignIn } from '../shared/product-sign-in.mjs';

const CONNECTIONS = 32;
/** Of 20 requests during the soak one asks for a link and one uses a link; 18 are guarded. */
const CYCLE = 20;

/** @typedef {import('../../load/requests.mjs').HttpRequest} HttpRequest */

/**
 * @typedef {object} Soak by sample
 * @property {number[]} seconds since it began
 * @property {number[]} heap MiB, after a collection
 * @property {number[]} rss MiB
 */

/**
 * @typedef {object} MemoryResults
 * @property {number} sessions that were used
 * @property {number} cached of them, as the process itself counts
 * @property {number} bytesEach heap, for a cached session
 * @property {number} cachedAtMost after more sessions than the cache may hold
 * @property {number} rate requests per second of the soak
 * @property {Soak} soak
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
  /** @param {HttpRequest[]} requests */
  const send = async (requests) => {
    const file = await run.requestFile(requests);
    demandSuccess('memory', await sendAll({ url, file, connections: CONNECTIONS }));
  };

  // What any server keeps once it has been used: code, connections, statements.
  await send(
    Array.from({ length: 3_000 }, (_, n) => pick(guarded, guarded.length - 1 - (n % 100))),
  );
  const before = await server.ask('memory');
  const cachedBefore = await server.ask('cachedSessions');
  await send(guarded.slice(0, sessions - cachedBefore));
  const cached = await server.ask('cachedSessions');
  const after = await server.ask('memory');
  const bytesEach = Math.round((after.heapUsed - before.heapUsed) / (cached - cachedBefore));
  await send(guarded);
  const cachedAtMost = await server.ask('cachedSessions');
  run.tell(`memory: ${bytesEach} bytes for each of ${cached} sessions`);

  const steps = (rate * soakSeconds) / CYCLE;
  const signIn = productSignIn(run.product, database, server);
  const first = sessions * 2;
  await send(Array.from({ length: steps }, (_, n) => signIn.linkRequest(first + n)));
  const verifications = await signIn.verifications();
  const requests = Array.from({ length: steps * CYCLE }, (_, n) => {
    if (n % CYCLE === 0) return signIn.linkRequest(first + steps + n / CYCLE);
    if (n % CYCLE === 1) return pick(verifications, (n - 1) / CYCLE);
    return pick(guarded, n % sessions);
  });
  const file = await run.requestFile(requests);
  const load = { url, file, once: true, connections: CONNECTIONS, seconds: soakSeconds, rate };
  /** @type {Soak} */
  const soak = { seconds: [], heap: [], rss: [] };
  let isOver = false;
  const startedAt = performance.now();
  const soaked = runConstantRate(load).finally(() => (isOver = true));
  while (!isOver) {
    await Promise.race([delay(sampleSeconds * 1_000), soaked]);
    const seconds = (performance.now() - startedAt) / 1_000;
    const { heapUsed, rss } = await server.ask('memory');
    soak.seconds.push(Math.round(seconds));
    soak.heap.push(mebibytes(heapUsed));
    soak.rss.push(mebibytes(rss));
    if (soak.seconds.length % 10 === 0) run.tell(`memory: soaking for ${Math.round(seconds)} s`);
  }
  demandSuccess('soak', await soaked);
  await run.stopServers();
  return { sessions, cached, bytesEach, cachedAtMost, rate, soak };
}

/** @param {number} bytes */
function mebibytes(bytes) {
  return Math.round((bytes / 2 ** 20) * 100) / 100;
}

/** @param {HttpRequest[]} requests @param {number} index */
function pick(requests, index) {
  const request = requests[index];
  if (request === undefined) throw new RangeError(`there is no request ${index}`);
  return request;
}
