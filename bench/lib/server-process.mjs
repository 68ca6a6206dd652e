import { fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';

import { wasInterrupted } from './disposal.mjs';

/** A server that does not listen by then never will. */
const START_MS = 30_000;

/**
 * @typedef {object} MemoryReading
 * @property {number} heapUsed bytes, after a full collection
 * @property {number} rss bytes
 */

/**
 * A server under test, in a process of its own. It ends with this process, whatever happens.
 *
 * @typedef {object} ServerProcess
 * @property {string} url `http://127.0.0.1:<port>`
 * @property {number} port
 * @property {() => Promise<number>} cpu microseconds of processor time that it has used so far
 * @property {(question: string) => Promise<any>} ask what the server's `answers` know
 * @property {() => Promise<void>} stop
 */

/** How the servers that run are stopped. @type {Set<() => Promise<void>>} */
const running = new Set();

/** Stops every server that still runs. */
export async function stopAllServers() {
  await Promise.all([...running].map((stop) => stop()));
}

/**
 * Starts one of `bench/servers`.
 *
 * @param {string} file such as `product.mjs`
 * @param {object} settings handed to the server
 * @returns {Promise<ServerProcess>} once it listens.
 */
export async function startServer(file, settings) {
  if (wasInterrupted()) throw new Error('the run has ended');
  const child = fork(
    fileURLToPath(new URL(`../servers/${file}`, import.meta.url)),
    [JSON.stringify(settings)],
    {
      execArgv: ['--expose-gc'],
      env: {
        ...process.env,
        NODE_ENV: 'production',
        BETTER_AUTH_TELEMETRY: '0',
        // As the service itself and docs/operations.md have it; the peers shall not have less.
        UV_THREADPOOL_SIZE: '2',
      },
      // In a group of its own, so that Ctrl-C reaches this process alone, which ends it in order.
      detached: true,
      stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
    },
  );
  const exited = new Promise((resolve) => child.once('exit', resolve));
  const stop = async () => {
    running.delete(stop);
    if (child.connected) child.disconnect();
    const killer = setTimeout(() => child.kill('SIGKILL'), 5_000);
    await exited;
    clearTimeout(killer);
  };
  running.add(stop);
  const signal = AbortSignal.timeout(START_MS);
  const first = await Promise.race([
    once(child, 'message', { signal }).then(([message]) => message),
    exited.then((code) => {
      throw new Error(`${file} ended with ${code} instead of listening`);
    }),
  ]);
  const ask = async (/** @type {string} */ question) => {
    const answer = once(child, 'message');
    child.send(question);
    return (await answer)[0];
  };
  const url = `http://127.0.0.1:${first.port}`;
  return { port: first.port, url, ask, cpu: () => ask('cpu'), stop };
}
