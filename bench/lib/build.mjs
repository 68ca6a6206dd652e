import { execFileSync } from 'node:child_process';
import { existsSync, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';

import { buildOf, entryOf, ROOT, SOURCES } from './product-files.mjs';

const BENCH = join(ROOT, 'bench');

/** Installs the peers where that has not been done. Needs nothing but npm. */
export function installPeers() {
  if (existsSync(join(BENCH, 'node_modules'))) return;
  console.log('Installing the peers (npm ci in bench/) …');
  npm(BENCH, 'ci');
}

/**
 * The repository's build, made where it is missing or older than its source.
 *
 * @returns {string} its absolute path.
 */
export function provideBuild() {
  const dist = buildOf(ROOT);
  const entry = entryOf(dist);
  const newest = Math.max(...SOURCES.map((name) => newestIn(join(ROOT, name))));
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
