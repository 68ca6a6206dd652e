/**
 * Puts a server under load: at a constant rate, or (`rate` 0) as fast as it answers, until the time
 * is over or, with `once`, every request is sent. A process of its own; the result is a line of
 * JSON on standard output.
 */
import { readFile } from 'node:fs/promises';
import { createHistogram } from 'node:perf_hooks';
import { Worker } from 'node:worker_threads';

import { Pool } from 'undici';

import { exchange } from './exchange.mjs';

/** @type {import('./generator.mjs').Load & { rate: number }} */
const { url, file, once, connections, seconds, rate } = JSON.parse(process.argv[2] ?? '');
/** @type {import('./requests.mjs').HttpRequest[]} */
const requests = JSON.parse(await readFile(file, 'utf8'));

// What finds no free connection waits here, and its latency counts from when it was due.
const pool = new Pool(url, { connections, pipelining: 1 });
/** Microseconds. */
const latencies = createHistogram({ figures: 3 });
/** How often each status was answered that is no success; 0 is no answer. @type {Record<string, number>} */
const failures = {};
let sent = 0;
let answered = 0;

const startedAt = now() + (rate > 0 ? 50_000 : 0);
const endsAt = startedAt + seconds * 1_000_000;
/**
 * At a constant rate the first latencies do not count, up to two seconds of them: connections are
 * opened then, by this process to the server and by the server to its database.
 */
const countsFrom = startedAt + (rate > 0 ? Math.min(2, seconds / 4) * 1_000_000 : 0);

await (rate > 0 ? constantRate() : closedLoop());
const microseconds = Math.round(now() - startedAt);
await pool.destroy();
process.stdout.write(
  JSON.stringify({
    requests: answered,
    microseconds,
    failures,
    p50: latencies.percentile(50),
    p99: latencies.percentile(99),
  }),
);

/** Monotonic, the same in all threads of this process; microseconds. */
function now() {
  return Number(process.hrtime.bigint()) / 1_000;
}

/** @param {number} due when the request should be sent */
async function sendNext(due) {
  if (once && sent >= requests.length) throw new Error('there are no more requests to send');
  const request = requests[sent++ % requests.length];
  if (request === undefined) throw new Error('there are no requests to send');
  const status = await exchange(pool, request);
  answered += 1;
  if (due >= countsFrom) latencies.record(Math.max(1, Math.round(now() - due)));
  if (status < 200 || status > 299) failures[status] = (failures[status] ?? 0) + 1;
}

async function closedLoop() {
  const loop = async () => {
    while (now() < endsAt && !(once && sent === requests.length)) await sendNext(now());
  };
  await Promise.all(Array.from({ length: connections }, loop));
}

async function constantRate() {
  const total = Math.floor(rate * seconds);
  // Timers of the event loop are true to a millisecond, which is longer than what is measured.
  const metronome = new Worker(new URL('metronome.mjs', import.meta.url), {
    workerData: { startedAt, intervalMicroseconds: 1_000_000 / rate, total },
  });
  /** @type {Promise<void>[]} */
  const open = [];
  await new Promise((resolve, reject) => {
    metronome.on('error', reject);
    metronome.on('exit', resolve);
    metronome.on('message', () => {
      const time = now();
      while (open.length < total) {
        const due = startedAt + (open.length * 1_000_000) / rate;
        if (due > time) break;
        open.push(sendNext(due));
      }
    });
  });
  await Promise.all(open);
}
