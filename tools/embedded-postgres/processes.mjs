import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { setTimeout as delay } from 'node:timers/promises';
import { promisify } from 'node:util';

const POLL_INTERVAL_MS = 25;

/**
 * Whether the process runs and its command line holds each of the given texts. A process id alone
 * proves nothing: ids are reused, soonest in containers, and a process that ended but was not
 * reaped still accepts signals (it has no command line any more).
 *
 * @param {number} pid
 * @param {readonly string[]} texts
 * @returns {Promise<boolean>}
 */
export async function isRunning(pid, texts) {
  const commandLine = await readCommandLine(pid);
  return commandLine !== '' && texts.every((text) => commandLine.includes(text));
}

/**
 * Waits until `isRunning` is false.
 *
 * @param {number} pid
 * @param {readonly string[]} texts
 * @param {number} timeoutMs
 * @returns {Promise<boolean>} whether the process has ended in time.
 */
export async function hasEnded(pid, texts, timeoutMs) {
  const deadline = performance.now() + timeoutMs;
  while (await isRunning(pid, texts)) {
    if (performance.now() > deadline) return false;
    await delay(POLL_INTERVAL_MS);
  }
  return true;
}

/**
 * Whether command lines can be read on this system. Node.js has no API for it, and Windows no
 * command that exists in all its versions.
 */
export const canInspectProcesses = process.platform !== 'win32';

/**
 * @param {number} pid
 * @returns {Promise<string>} empty when there is no such process, or it cannot be inspected.
 */
async function readCommandLine(pid) {
  try {
    if (process.platform === 'linux') {
      return (await readFile(`/proc/${pid}/cmdline`, 'utf8')).replaceAll('\0', ' ');
    }

    if (!canInspectProcesses) return '';
    const { stdout } = await promisify(execFile)('ps', ['-ww', '-o', 'command=', '-p', `${pid}`]);
    return stdout;
  } catch {
    return '';
  }
}
