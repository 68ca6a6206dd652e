import { rm } from 'node:fs/promises';
import { join } from 'node:path';

import { canInspectProcesses, hasEnded, isRunning } from './processes.mjs';
import { readPidFile, SHUTDOWN_SIGNALS } from './server.mjs';

/**
 * Stops a server whose supervisor was killed. Only a process that is PostgreSQL on this very data
 * directory is signalled.
 *
 * @param {string} data the data directory.
 * @throws Error when the server does not end.
 */
export async function stopOrphan(data) {
  const pid = Number((await readPidFile(data))[0]);
  if (!Number.isInteger(pid) || pid <= 0 || !canInspectProcesses) return;
  // PostgreSQL is started with this option, and keeps its command line unchanged.
  const commandLineParts = ['postgres', `-D ${data} `];
  for (const [signal, timeoutMs] of SHUTDOWN_SIGNALS) {
    if (!(await isRunning(pid, commandLineParts))) break;
    try {
      process.kill(pid, signal);
    } catch {
      // It has just ended.
    }
    await hasEnded(pid, commandLineParts, timeoutMs);
  }
  if (await isRunning(pid, commandLineParts)) {
    throw new Error(`PostgreSQL of an earlier start (process ${pid}) cannot be stopped`);
  }

  // A killed server leaves this file behind. Another process may have its id by now, which
  // PostgreSQL would take for a running server.
  await rm(join(data, 'postmaster.pid'), { force: true });
}
