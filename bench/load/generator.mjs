import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';

import { atEnd } from '../lib/disposal.mjs';

/** As it is named beside what it measured. */
export const GENERATOR = 'bench/load';

/**
 * What one run of the load generator saw. Times in microseconds.
 *
 * @typedef {object} LoadResult
 * @property {number} requests that were answered
 * @property {number} microseconds
 * @property {Record<string, number>} failures how often each status was answered that is no
 *   success; 0 is no answer
 * @property {number} p50
 * @property {number} p99
 * @property {number} [cpu] of the server's process for each answer: it hardly depends on what else
 *   the machine does
 */

/**
 * @typedef {object} Load
 * @property {string} url of the server
 * @property {string} file of requests, as `writeRequests` made it
 * @property {boolean} once no request is sent twice
 * @property {number} connections
 * @property {number} seconds
 */

/**
 * Sends requests as fast as they are answered, until the time is over.
 *
 * @param {Load} load
 */
export function runFullLoad(load) {
  return runClient({ ...load, rate: 0 });
}

/**
 * Sends every request of a file once, as fast as they are answered.
 *
 * @param {Pick<Load, 'url' | 'file' | 'connections'>} load
 */
export function sendAll(load) {
  return runClient({ ...load, once: true, seconds: 3_600, rate: 0 });
}

/**
 * Sends requests at a constant rate, however fast they are answered. Latencies count from the
 * moment at which a request should have been sent, so that a server that stalls is not spared.
 *
 * @param {Load & { rate: number }} load requests per second; with `once` running out of them is a
 *   failure
 */
export function runConstantRate(load) {
  return runClient(load);
}

/**
 * @param {Load & { rate: number }} load
 * @returns {Promise<LoadResult>}
 */
async function runClient(load) {
  const script = fileURLToPath(new URL('client.mjs', import.meta.url));
  const child = spawn(process.execPath, [script, JSON.stringify(load)], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  atEnd(() => void child.kill('SIGKILL'));
  const [output, [code]] = await Promise.all([text(child.stdout), once(child, 'close')]);
  if (code !== 0) throw new Error(`the load generator ended with ${code}`);
  return JSON.parse(output);
}
