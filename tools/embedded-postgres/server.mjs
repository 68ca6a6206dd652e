import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { open, readFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';

import { serverEnvironment } from './server-environment.mjs';

/** @typedef {import('node:child_process').ChildProcess} ChildProcess */
/** @typedef {import('./binaries.mjs').Binaries} Binaries */
/** @typedef {import('./location.mjs').Location} Location */

export const HOST = '127.0.0.1';

const POLL_INTERVAL_MS = 10;
/** How often to try to start, see `isTransient`. */
const START_ATTEMPTS = 5;
const RETRY_DELAY_MS = 200;
/** Enough to write everything in memory to a slow disk. */
const SHUTDOWN_MS = 20_000;

/**
 * Fast shutdown, immediate shutdown, then a kill, each with the milliseconds to wait for it.
 *
 * @type {readonly (readonly [NodeJS.Signals, number])[]}
 */
export const SHUTDOWN_SIGNALS = [
  ['SIGINT', SHUTDOWN_MS],
  ['SIGQUIT', SHUTDOWN_MS],
  ['SIGKILL', SHUTDOWN_MS],
];

/**
 * Settings that cannot be overridden: every server listens on the loopback address only, and its
 * databases do not depend on the machine's language and time zone.
 */
const FIXED_SETTINGS = {
  listen_addresses: HOST,
  unix_socket_directories: '',
  timezone: 'UTC',
  log_timezone: 'UTC',
  logging_collector: 'off',
};

/** Data that is removed at the end need not survive a crash. */
const UNSAFE_SETTINGS = { fsync: 'off', synchronous_commit: 'off', full_page_writes: 'off' };

/**
 * @typedef {object} ServerOptions
 * @property {Binaries} binaries
 * @property {Location} location
 * @property {number | undefined} port `undefined`: any free one.
 * @property {Record<string, string>} settings of postgresql.conf.
 * @property {boolean} persistent
 * @property {AbortSignal} signal ends the wait for the server to be ready.
 */

/**
 * A server that accepts connections.
 *
 * @typedef {object} RunningServer
 * @property {number} port
 * @property {Promise<unknown>} ended settles when the server's process ends, for whatever reason.
 * @property {() => Promise<void>} stop
 */

/**
 * Starts PostgreSQL and waits until it accepts connections, including recovery after a crash.
 *
 * @param {ServerOptions} options
 * @returns {Promise<RunningServer>}
 * @throws Error with the last error of PostgreSQL's log when the server ends instead.
 */
export async function startServer(options) {
  for (let attempt = 1; ; attempt += 1) {
    const port = await findFreePort(options.port);
    const { server, ended } = await spawnServer(options, port);
    const stop = () => stopServer(server, ended);
    try {
      if (await becomesReady(server, options)) return { port, ended, stop };
    } catch (error) {
      await stop();
      throw error;
    }
    const log = await readFile(options.location.logFile, 'utf8');
    if (attempt === START_ATTEMPTS || !isTransient(log)) {
      throw new Error(`PostgreSQL did not start: ${lastError(log)}`);
    }

    await delay(RETRY_DELAY_MS);
  }
}

/**
 * @param {ServerOptions} options
 * @param {number} port
 * @returns {Promise<{ server: ChildProcess, ended: Promise<unknown> }>}
 */
async function spawnServer({ binaries, location, settings, persistent }, port) {
  const allSettings = { ...(persistent ? {} : UNSAFE_SETTINGS), ...settings, ...FIXED_SETTINGS };
  const flags = Object.entries(allSettings).flatMap(([name, value]) => ['-c', `${name}=${value}`]);
  // Overwritten at each start, because nothing rotates the log.
  const log = await open(location.logFile, 'w', 0o600);
  try {
    const server = spawn(binaries.postgres, ['-D', location.data, '-p', `${port}`, ...flags], {
      ...location.account,
      cwd: location.data,
      env: serverEnvironment,
      stdio: ['ignore', log.fd, log.fd],
    });
    const ended = new Promise((resolve) => server.once('exit', resolve));
    await once(server, 'spawn');
    return { server, ended };
  } finally {
    await log.close();
  }
}

/**
 * @param {ChildProcess} server
 * @param {ServerOptions} options
 * @returns {Promise<boolean>} false when the server has ended.
 */
async function becomesReady(server, { location, signal }) {
  while (!hasExited(server)) {
    signal.throwIfAborted();
    const lines = await readPidFile(location.data);
    // The file may still belong to an earlier server. Line 8 is the state, such as "ready".
    if (lines[0] === `${server.pid}` && lines[7]?.trim() === 'ready') return true;
    await delay(POLL_INTERVAL_MS);
  }
  return false;
}

/**
 * Reads the lines of `postmaster.pid`. The first one is the process id.
 *
 * @param {string} data
 * @returns {Promise<string[]>} empty when there is no such file.
 */
export async function readPidFile(data) {
  const text = await readFile(join(data, 'postmaster.pid'), 'utf8').catch(() => '');
  return text === '' ? [] : text.split('\n');
}

/**
 * Ends connections and stops the server ("fast shutdown"). If that takes too long, stops it at
 * once; the next start then recovers.
 *
 * @param {ChildProcess} server
 * @param {Promise<unknown>} ended
 */
async function stopServer(server, ended) {
  for (const [signal, timeoutMs] of SHUTDOWN_SIGNALS) {
    if (hasExited(server)) return;
    server.kill(signal);
    await Promise.race([ended, delay(timeoutMs, undefined, { ref: false })]);
  }
}

/** @param {ChildProcess} child */
function hasExited(child) {
  return child.exitCode !== null || child.signalCode !== null;
}

/**
 * @param {number | undefined} wanted
 * @returns {Promise<number>}
 * @throws Error when the wanted port is in use.
 */
async function findFreePort(wanted) {
  const probe = createServer();
  try {
    probe.listen({ host: HOST, port: wanted ?? 0, exclusive: true });
    await once(probe, 'listening');
  } catch (error) {
    throw new Error(`port ${wanted ?? 0} on ${HOST} cannot be used for PostgreSQL`, {
      cause: error,
    });
  }
  const address = probe.address();
  probe.close();
  await once(probe, 'close');
  if (address === null || typeof address === 'string') throw new Error('no port was assigned');
  return address.port;
}

/** @param {string} log */
function lastError(log) {
  const lines = log.trim().split('\n');
  return lines.findLast((line) => line.includes('FATAL')) ?? lines.at(-1) ?? '';
}

/**
 * Whether a retry may succeed: another process took the port, or the helper processes of a killed
 * server are still ending.
 *
 * @param {string} log
 */
function isTransient(log) {
  return /could not bind|still in use/.test(log);
}
