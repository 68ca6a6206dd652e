/**
 * A separate process between the service and PostgreSQL, in its own process group. Ctrl-C in a
 * terminal therefore reaches only the service, which stops the database last. If the service is
 * killed (`kill -9`), the closed channel makes this process stop the database.
 *
 * Arguments: the directory, and the other options as JSON. It sends `SupervisorMessage`s; any
 * message to it makes it stop.
 */
import { mkdir, rm } from 'node:fs/promises';
import { dirname } from 'node:path';

import { provideBinaries } from './binaries.mjs';
import { claimDirectory } from './claim.mjs';
import { provideData } from './data-directory.mjs';
import { provideLocation } from './location.mjs';
import { stopOrphan } from './orphan.mjs';
import { startServer } from './server.mjs';

/**
 * @typedef {object} SupervisorOptions
 * @property {number} [port]
 * @property {Record<string, string>} settings
 * @property {boolean} persistent
 */

/**
 * @typedef {{ type: 'ready', port: number, password: string, directory: string }
 *   | { type: 'failed', message: string }} SupervisorMessage
 */

const [, , directory = '', optionsAsJson = ''] = process.argv;
/** @type {SupervisorOptions} */
const options = JSON.parse(optionsAsJson);
const stopping = new AbortController();

process.on('message', () => stopping.abort());
process.on('disconnect', () => stopping.abort());
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => stopping.abort());

try {
  // Two calls, because a recursive one would give the mode to all parent folders, too.
  await mkdir(dirname(directory), { recursive: true });
  await mkdir(directory, { recursive: true, mode: 0o700 });
  const release = await claimDirectory(directory);
  try {
    await supervise();
  } finally {
    await release();
  }
} catch (error) {
  if (!stopping.signal.aborted) await tell({ type: 'failed', message: messageOf(error) });
  process.exitCode = 1;
} finally {
  // Only the channel still keeps this process alive.
  if (process.connected) process.disconnect();
}

/** Starts the server, and cleans up when asked to stop or when the server ends. */
async function supervise() {
  const { port, settings, persistent } = options;
  const location = await provideLocation(directory, persistent);
  try {
    const binaries = await provideBinaries(location);
    await stopOrphan(location.data);
    const password = await provideData(binaries, location, persistent);
    const { signal } = stopping;
    const server = await startServer({ binaries, location, port, settings, persistent, signal });
    await tell({ type: 'ready', port: server.port, password, directory: location.directory });
    await Promise.race([server.ended, aborted(signal)]);
    await server.stop();
  } finally {
    if (!persistent) {
      await rm(location.directory, { recursive: true, force: true });
      await rm(directory, { recursive: true, force: true });
    }
  }
}

/**
 * @param {SupervisorMessage} message
 * @returns {Promise<void>} resolves even when the parent is gone.
 */
function tell(message) {
  return new Promise((resolve) => {
    if (process.connected) process.send?.(message, undefined, undefined, () => resolve());
    else resolve();
  });
}

/**
 * @param {AbortSignal} signal
 * @returns {Promise<void>}
 */
function aborted(signal) {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    signal.addEventListener('abort', () => resolve(), { once: true });
  });
}

/** @param {unknown} error */
function messageOf(error) {
  return error instanceof Error ? error.message : String(error);
}
