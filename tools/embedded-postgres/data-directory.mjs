import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { access, chown, mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';

import { serverEnvironment } from './server-environment.mjs';

/** @typedef {import('./binaries.mjs').Binaries} Binaries */
/** @typedef {import('./location.mjs').Location} Location */

export const SUPERUSER = 'postgres';

const INITDB_OPTIONS = [
  `--username=${SUPERUSER}`,
  '--auth=scram-sha-256',
  // PostgreSQL's own Unicode rules, which are the same on every system.
  ...['--encoding=UTF8', '--locale=C', '--locale-provider=builtin', '--builtin-locale=C.UTF-8'],
  '--no-instructions',
];

/**
 * Creates the data directory, with a superuser that has a random password, unless it exists.
 *
 * @param {Binaries} binaries
 * @param {Location} location
 * @param {boolean} persistent
 * @returns {Promise<string>} the superuser's password.
 * @throws Error when `initdb` fails.
 */
export async function provideData(binaries, location, persistent) {
  const { data, passwordFile } = location;
  if (await exists(join(data, 'PG_VERSION'))) return readFile(passwordFile, 'utf8');

  const password = randomBytes(24).toString('base64url');
  await writeFile(passwordFile, password, { mode: 0o600 });
  // Renamed when complete, so that an interrupted start does not look like a finished one.
  const unfinished = `${data}.unfinished`;
  await remove(data);
  await remove(unfinished);
  await mkdir(unfinished, { mode: 0o700 });
  const readablePasswordFile = join(location.directory, 'initdb-password');
  try {
    await writeFile(readablePasswordFile, password, { mode: 0o600 });
    await giveTo(location, unfinished, readablePasswordFile);
    const options = [
      `--pgdata=${unfinished}`,
      `--pwfile=${readablePasswordFile}`,
      ...INITDB_OPTIONS,
    ];
    if (!persistent) options.push('--no-sync');
    await promisify(execFile)(binaries.initdb, options, {
      ...location.account,
      cwd: unfinished,
      env: serverEnvironment,
    });
  } catch (error) {
    throw new Error(`initdb failed: ${lastErrorLine(error)}`, { cause: error });
  } finally {
    await remove(readablePasswordFile);
  }
  await rename(unfinished, data);
  return password;
}

/**
 * @param {Location} location
 * @param {string[]} paths
 */
async function giveTo({ account }, ...paths) {
  if (account === undefined) return;
  for (const path of paths) await chown(path, account.uid, account.gid);
}

/** @param {unknown} error from `execFile`. */
function lastErrorLine(error) {
  const hasOutput = error instanceof Error && 'stderr' in error && String(error.stderr) !== '';
  return String(hasOutput ? error.stderr : error)
    .trim()
    .split('\n')
    .at(-1);
}

/** @param {string} path */
async function remove(path) {
  await rm(path, { recursive: true, force: true });
}

/** @param {string} path */
function exists(path) {
  return access(path).then(
    () => true,
    () => false,
  );
}
