import { execFileSync } from 'node:child_process';
import { existsSync, readdirSync, statSync } from 'node:fs';
import { join, resolve } from 'node:path';

import { ROOT } from './paths.mjs';

const BENCH = join(ROOT, 'bench');

/** Installs the peers where that has not been done. Needs nothing but npm. */
export function installPeers() {
  if (existsSync(join(BENCH, 'node_modules'))) return;
  console.log('Installing the peers (npm ci in bench/) …');
  npm(BENCH, 'ci');
}

/**
 * The build to measure: the given one as it is, or the repository's own, built where it is missing
 * or older than its source.
 *
 * @param {string | undefined} given
 * @returns {string} its absolute path.
 * @throws Error when there is none, or building fails.
 */
export function provideBuild(given) {
  const dist = resolve(given ?? join(ROOT, 'dist'));
  const entry = join(dist, 'src/index.js');
  if (given !== undefined) {
    if (!existsSync(entry)) throw new Error(`there is no build of MIRA Auth in ${given}`);
    return dist;
  }
  const newest = Math.max(...['src', 'migrations'].map((name) => newestIn(join(ROOT, name))));
  if (!existsSync(entry) || statSync(entry).mtimeMs < newest) {
    console.log('Building MIRA Auth (npm run build) …');
    npm(ROOT, 'run', '--silent', 'build');
  }
  return dist;
}

/** @param {string} directory */
function newestIn(directory) {
  const files = readdirSync(directory, { recursive: true, withFileTypes: true });
  return Math.max(
    ...files
      .filter((entry) => entry.isFile() && !entry.name.includes('.spec.'))
      .map((entry) => statSync(join(entry.parentPath, entry.name)).mtimeMs),
  );
}

/** @param {string} cwd @param {string[]} command */
function npm(cwd, ...command) {
  execFileSync('npm', command, { cwd, stdio: ['ignore', 'inherit', 'inherit'], shell: true });
}
