/**
 * A load generator: at a constant rate (`rate` in requests per second), or as fast as the server
 * answers (`rate` 0), until the time is over or, with `once`, every request is sent. A process of its own; the result is a line of JSON on standard output.
 */
import { readFile } from 'node:fs/promises';
import { Worker } from 'node:worker_threads';

import { quantile } from '../lib/statistics.mjs';
import { connect } from './connection.mjs';

/** @type {import('./generators.mjs').Load & { rate: number }} */
const { url, file, once, connections, seconds, rate } = JSON.parse(process.argv[2] ?? '');
const requests = (await readFile(file, 'latin1')).split('\0');
const port = Number(new URL(url).port);

/** Microseconds. @type {number[]} */
const latencies = [];
/** Microseconds by which a request was sent late although a connection was free. @type {number[]} */
const lateness = [];
let sent = 0;
/** How often each status was answered that is no success; 0 is no answer. @type {Record<string, number>} */
const failures = {};
let broken = 0;

const idle = await Promise.all(
  Array.from({ length: connections }, () => connect(port, () => (broken += 1))),
);
const all = [...idle];
/** Requests that wait for a connection: when each should have been sent. @type {number[]} */
const waiting = [];
const startedAt = now() + (rate > 0 ? 50_000 : 0);
const endsAt = startedAt + seconds * 1_000_000;
/**
 * At a constant rate the first latencies do not count, up to two seconds of them: this process is
 * cold then, and the server opens the connections to its database that it has closed meanwhile.
 */
const countsFrom = startedAt + (rate > 0 ? Math.min(2, seconds / 4) * 1_000_000 : 0);
let answered = 0;

if (rate > 0) await constantRate();
else await closedLoop();
const microseconds = now() - startedAt;
for (const connection of all) connection.close();
process.stdout.write(
  JSON.stringify({
    requests: answered,
    microseconds: Math.round(microseconds),
    failed: Object.values(failures).reduce((sum, count) => sum + count, 0),
    failures,
    broken,
    p50: Math.round(quantile(latencies, 0.5)),
    p99: Math.round(quantile(latencies, 0.99)),
    max: Math.round(quantile(latencies, 1)),
    lateness: lateness.length === 0 ? 0 : Math.round(quantile(lateness, 0.99)),
  }),
);

/** Monotonic, the same in all threads of this process; microseconds. */
function now() {
  return Number(process.hrtime.bigint()) / 1_000;
}

/** @returns {string} */
function nextRequest() {
  if (once && sent >= requests.length) throw new Error('there are no more requests to send');
  const request = requests[sent % requests.length] ?? '';
  sent += 1;
  return request;
}

/**
 * @param {import('./connection.mjs').Connection} connection
 * @param {number} from when the request should have been sent
 */
async function exchange(connection, from) {
  const status = await connection.exchange(nextRequest());
  answered += 1;
  if (from >= countsFrom) latencies.push(now() - from);
  if (status < 200 || status > 299) failures[status] = (failures[status] ?? 0) + 1;
}

async function closedLoop() {
  await Promise.all(
    idle.map(async (connection) => {
      while (now() < endsAt && !(once && sent === requests.length))
        await exchange(connection, now());
    }),
  );
}

async function constantRate() {
  const total = Math.floor(rate * seconds);
  // Timers of the event loop are true to a millisecond, which is longer than what is measured.
  const metronome = new Worker(new URL('metronome.mjs', import.meta.url), {
    workerData: { startedAt, intervalMicroseconds: 1_000_000 / rate, total },
  });
  /** @type {Promise<void>[]} */
  const open = [];
  let due = 0;
  await new Promise((resolve, reject) => {
    metronome.on('error', reject);
    metronome.on('exit', resolve);
    metronome.on('message', () => {
      const time = now();
      for (; due < total; due += 1) {
        const intended = startedAt + (due * 1_000_000) / rate;
        if (intended > time) break;
        // In turn: servers close connections that are not used for some seconds.
        const connection = idle.shift();
        if (connection === undefined) {
          waiting.push(intended);
        } else {
          lateness.push(time - intended);
          open.push(work(connection, intended));
        }
      }
    });
  });
  await Promise.all(open);
}

/**
 * Sends one request, then those that have waited meanwhile.
 *
 * @param {import('./connection.mjs').Connection} connection
 * @param {number} intended
 */
async function work(connection, intended) {
  for (let next = /** @type {number | undefined} */ (intended); next !== undefined;) {
    await exchange(connection, next);
    next = waiting.shift();
  }
  idle.push(connection);
}
