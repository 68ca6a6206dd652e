import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmod, lstat, mkdtemp, readFile, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { isRoot, provideServerAccount } from './server-account.mjs';

/** @typedef {import('./server-account.mjs').ServerAccount} ServerAccount */

/** A file in the wanted directory that holds the path of the directory used instead of it. */
const POINTER_FILE = 'location';

/**
 * Others may traverse the directory but not list it, because the server's account must reach its
 * data. Secret files inside have stricter modes.
 */
const PASSABLE = 0o711;

/**
 * The paths of the server's files, and the account that runs it.
 *
 * @typedef {object} Location
 * @property {string} directory holds all of the following.
 * @property {string} data PostgreSQL's data directory, owned by the account.
 * @property {string} passwordFile the superuser's password, mode 0600.
 * @property {string} logFile
 * @property {ServerAccount | undefined} account set if we are root; `undefined` is our own account.
 */

/**
 * Decides where the server's files go: into the wanted directory, unless we are root and the
 * server's account cannot reach it (such as a clone below `/root`). Then they go into a new
 * directory elsewhere, whose path is stored in the wanted one.
 *
 * @param {string} wanted an absolute path that exists and is used for nothing else.
 * @param {boolean} persistent
 * @returns {Promise<Location>}
 */
export async function provideLocation(wanted, persistent) {
  const owner = await ownerOf(join(wanted, 'data'));
  if (!isRoot()) {
    if (owner !== undefined && owner.uid !== process.getuid?.()) {
      throw new Error(
        `the data in ${wanted} belongs to another user: start as that user or remove it`,
      );
    }
    return locationIn(wanted, undefined);
  }
  // Created by a user other than root: run as that user, so that they can still use it later.
  if (owner !== undefined && owner.uid !== 0) return locationIn(wanted, owner);
  const account = await provideServerAccount();
  return locationIn(await provideReachable(wanted, persistent, account), account);
}

/**
 * @param {string} directory
 * @param {ServerAccount | undefined} account
 * @returns {Location}
 */
function locationIn(directory, account) {
  return {
    directory,
    data: join(directory, 'data'),
    passwordFile: join(directory, 'superuser-password'),
    logFile: join(directory, 'postgres.log'),
    account,
  };
}

/**
 * @param {string} wanted
 * @param {boolean} persistent
 * @param {ServerAccount} account
 * @returns {Promise<string>}
 */
async function provideReachable(wanted, persistent, account) {
  const pointer = join(wanted, POINTER_FILE);
  const remembered = persistent ? await readFile(pointer, 'utf8').catch(() => '') : '';
  if (remembered !== '' && (await isOurs(remembered)) && (await canPass(remembered, account))) {
    return remembered;
  }

  await chmod(wanted, PASSABLE);
  if (await canPass(wanted, account)) return wanted;

  // Persistent data goes last into directories that systems clean up by age or at boot.
  const bases = persistent
    ? ['/var/lib', '/var/tmp', tmpdir()]
    : [tmpdir(), '/var/tmp', '/var/lib'];
  for (const base of bases) {
    if (!(await canPass(base, account))) continue;
    // The name cannot be guessed, so nobody can have created it in advance.
    const directory = await mkdtemp(join(base, 'mira-auth-postgres-')).catch(() => undefined);
    if (directory === undefined) continue;
    await chmod(directory, PASSABLE);
    if (persistent) await writeFile(pointer, directory, { mode: 0o600 });
    return directory;
  }
  throw new Error(
    `PostgreSQL refuses to run as root, and its own user cannot reach ${wanted}, ${bases.join(' or ')}`,
  );
}

/**
 * Whether a directory outside the repository is still the one that we created. Where everybody may
 * write, somebody else could have replaced it.
 *
 * @param {string} directory
 */
async function isOurs(directory) {
  const found = await lstat(directory).catch(() => undefined);
  return found?.isDirectory() === true && found.uid === 0 && (found.mode & 0o022) === 0;
}

/**
 * Whether an account can enter a directory. Tried out, because access control lists and mount
 * options count as well as modes.
 *
 * @param {string} directory
 * @param {ServerAccount} account
 */
async function canPass(directory, account) {
  const shell = spawn('/bin/sh', ['-c', 'cd -- "$1"', 'sh', directory], {
    ...account,
    cwd: '/',
    stdio: 'ignore',
  });
  const [code] = await once(shell, 'exit');
  return code === 0;
}

/**
 * @param {string} path
 * @returns {Promise<ServerAccount | undefined>}
 */
async function ownerOf(path) {
  const found = await stat(path).catch(() => undefined);
  return found && { uid: found.uid, gid: found.gid };
}
