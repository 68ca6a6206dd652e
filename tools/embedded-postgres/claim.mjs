import { readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import { hasEnded, isRunning } from './processes.mjs';

/** What a supervisor needs at most to stop a server that does not want to. */
const PREDECESSOR_MS = 60_000;

/**
 * Makes this process the only supervisor of a directory. A predecessor whose parent was killed is
 * on its way out and is waited for.
 *
 * @param {string} directory part of this process's command line, as of its predecessors'
 * @returns {Promise<() => Promise<void>>} gives the directory back.
 * @throws Error when another process works with it.
 */
export async function claimDirectory(directory) {
  const file = join(directory, 'supervisor.pid');
  const [pid, parent] = (await readFile(file, 'utf8').catch(() => '')).split(' ').map(Number);
  if (pid !== undefined && parent !== undefined) {
    const signs = ['supervisor.mjs', directory];
    const isInUse = (await isRunning(pid, signs)) && (await isRunning(parent, []));
    if (isInUse || !(await hasEnded(pid, signs, PREDECESSOR_MS))) {
      throw new Error(
        `the database in ${directory} is in use by process ${isInUse ? parent : pid}`,
      );
    }
  }
  try {
    await writeFile(file, `${process.pid} ${process.ppid}`, { mode: 0o600 });
  } catch (error) {
    throw new Error(`${directory} cannot be written to: is it another user's?`, { cause: error });
  }
  return () => rm(file, { force: true });
}
