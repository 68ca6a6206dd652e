import { execFile, execFileSync, spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';

import { atEnd } from '../lib/disposal.mjs';

const SCRIPT = fileURLToPath(new URL('replay.lua', import.meta.url));

/**
 * What one run of a load generator saw. Times in microseconds.
 *
 * @typedef {object} LoadResult
 * @property {number} requests that were answered
 * @property {number} microseconds
 * @property {number} failed answers that are no success
 * @property {Record<string, number>} [failures] by status, where the generator tells
 * @property {number} broken connections and time-outs
 * @property {number} p50
 * @property {number} p99
 * @property {number} max
 * @property {number} [cpu] of the server's process for each answer: it hardly depends on what else
 *   the machine does
 */

/**
 * @typedef {object} Load
 * @property {string} url of the server
 * @property {string} file of requests, as `writeRequests` made it
 * @property {boolean} once no request is sent twice; running out of them is a failure
 * @property {number} connections
 * @property {number} seconds whole
 */

/**
 * Finds wrk, or installs it from Debian's packages where that can be done without asking.
 *
 * @returns {string | undefined} its version, or `undefined` where it cannot be had.
 */
export function provideWrk() {
  const version = wrkVersion();
  if (version !== undefined || process.getuid?.() !== 0) return version;
  /** @type {import('node:child_process').ExecFileSyncOptions} */
  const options = {
    stdio: ['ignore', 'ignore', 'inherit'],
    env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' },
  };
  try {
    execFileSync('apt-get', ['update', '-qq'], options);
    execFileSync('apt-get', ['install', '-qq', '--yes', '--no-install-recommends', 'wrk'], options);
  } catch {
    // No Debian, or no network: there is another generator.
  }
  return wrkVersion();
}

/** @returns {string | undefined} such as `4.1.0-3+b2`. */
function wrkVersion() {
  try {
    // It ends with 1 after telling its version.
    execFileSync('wrk', ['-v'], { stdio: ['ignore', 'pipe', 'ignore'] });
    return undefined;
  } catch (error) {
    return /wrk (?:debian\/)?(\S+)/.exec(String(Object(error).stdout))?.[1];
  }
}

/**
 * Sends requests as fast as they are answered, with one thread of wrk.
 *
 * @param {Load} load
 * @returns {Promise<LoadResult>}
 */
export function runWrk({ url, file, once, connections, seconds }) {
  const args = ['-t1', `-c${connections}`, `-d${seconds}s`, '--latency', '-s', SCRIPT, url];
  return new Promise((resolve, reject) => {
    const child = execFile(
      'wrk',
      [...args, '--', file, once ? 'once' : 'cycle'],
      (error, stdout) => {
        const line = stdout.split('\n').find((text) => text.startsWith('{'));
        if (line === undefined) reject(error ?? new Error(`wrk said nothing of use: ${stdout}`));
        else resolve(JSON.parse(line));
      },
    );
    atEnd(() => void child.kill('SIGKILL'));
  });
}

/**
 * The same by our own client, for where wrk cannot be had. It costs more of the processor.
 *
 * @param {Load} load
 * @returns {Promise<LoadResult>}
 */
export function runClosedLoop(load) {
  return runClient({ ...load, rate: 0 });
}

/**
 * Sends every request of a file once, as fast as they are answered.
 *
 * @param {Pick<Load, 'url' | 'file' | 'connections'>} load
 * @returns {Promise<LoadResult>}
 */
export async function sendAll(load) {
  return runClient({ ...load, once: true, seconds: 3_600, rate: 0 });
}

/**
 * Sends requests at a constant rate, however fast they are answered. Latencies count from the
 * moment at which a request should have been sent, so that a server that stalls is not spared.
 *
 * @param {Load & { rate: number }} load requests per second
 * @returns {Promise<LoadResult & { lateness: number }>} with the 99th percentile of how late the
 *   client itself was.
 */
export function runConstantRate(load) {
  return runClient(load);
}

/**
 * @param {Load & { rate: number }} load
 * @returns {Promise<any>}
 */
function runClient(load) {
  const script = fileURLToPath(new URL('client.mjs', import.meta.url));
  const child = spawn(process.execPath, [script, JSON.stringify(load)], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  atEnd(() => void child.kill('SIGKILL'));
  return new Promise((resolve, reject) => {
    let output = '';
    child.stdout.on('data', (data) => (output += data));
    child.once('close', (code) => {
      if (code === 0) resolve(JSON.parse(output));
      else reject(new Error(`the load generator ended with ${code}`));
    });
  });
}
