import { readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import { hasEnded, isRunning } from './processes.mjs';

/** The most time that a supervisor needs to stop a server that does not react. */
const PREDECESSOR_MS = 60_000;

/**
 * Makes this process the only supervisor of a directory. A previous supervisor whose parent was
 * killed is about to end, so this waits for it.
 *
 * @param {string} directory is in the command line of this process and of previous supervisors.
 * @returns {Promise<() => Promise<void>>} releases the directory.
 * @throws Error when another process works with it.
 */
export async function claimDirectory(directory) {
  const file = join(directory, 'supervisor.pid');
  const [pid, parent] = (await readFile(file, 'utf8').catch(() => '')).split(' ').map(Number);
  if (pid !== undefined && parent !== undefined) {
    const commandLineParts = ['supervisor.mjs', directory];
    const isInUse = (await isRunning(pid, commandLineParts)) && (await isRunning(parent, []));
    if (isInUse || !(await hasEnded(pid, commandLineParts, PREDECESSOR_MS))) {
      throw new Error(
        `the database in ${directory} is in use by process ${isInUse ? parent : pid}`,
      );
    }
  }
  try {
    await writeFile(file, `${process.pid} ${process.ppid}`, { mode: 0o600 });
  } catch (error) {
    throw new Error(`${directory} is not writable: does it belong to another user?`, {
      cause: error,
    });
  }
  return () => rm(file, { force: true });
}
