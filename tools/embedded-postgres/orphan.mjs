import { rm } from 'node:fs/promises';
import { join } from 'node:path';

import { canInspectProcesses, hasEnded, isRunning } from './processes.mjs';
import { readPidFile, SHUTDOWN_SIGNALS } from './server.mjs';

/**
 * Stops a server that nobody watches over any more, because its supervisor was killed. Only a
 * process that is PostgreSQL on this very data directory is touched.
 *
 * @param {string} data the data directory
 * @throws Error when it does not end.
 */
export async function stopOrphan(data) {
  const pid = Number((await readPidFile(data))[0]);
  if (!Number.isInteger(pid) || pid <= 0 || !canInspectProcesses) return;
  // PostgreSQL is started with this option, and shows its command line as it was.
  const signs = ['postgres', `-D ${data} `];
  for (const [signal, timeoutMs] of SHUTDOWN_SIGNALS) {
    if (!(await isRunning(pid, signs))) break;
    try {
      process.kill(pid, signal);
    } catch {
      // It has just ended.
    }
    await hasEnded(pid, signs, timeoutMs);
  }
  if (await isRunning(pid, signs))
    throw new Error(`PostgreSQL of an earlier start (process ${pid}) does not end`);

  // Left behind by a kill. Another process may have its id by now, and PostgreSQL would take that
  // for a server that runs.
  await rm(join(data, 'postmaster.pid'), { force: true });
}
