import { spawn } from 'node:child_process';
import { setTimeout as delay } from 'node:timers/promises';

import { atEnd } from '../../lib/disposal.mjs';
import { cleanUpOf } from '../../lib/product-files.mjs';
import { runRounds } from '../../lib/rounds.mjs';
import { serviceEnvironment } from '../../lib/service-environment.mjs';
import { COLD, contendersOf, REQUESTS } from './contenders.mjs';

/**
 * @typedef {object} CleanUpResults
 * @property {Record<string, import('../../lib/rounds.mjs').Rounds>} load at half load, by what,
 *   and whether it cleaned up meanwhile
 * @property {number} deletedPerSecond rows
 */

export const ALONE = 'alone';
export const MEANWHILE = 'while it cleans up';

/**
 * What the clean-up manages, and what it does to requests.
 *
 * @param {import('../../lib/run.mjs').Run} run
 * @param {import('./contenders.mjs').Size} size
 * @param {Record<string, number>} rates
 * @param {{ rounds: number, warmUpSeconds: number, seconds: number }} plan
 * @returns {Promise<CleanUpResults>}
 */
export async function measureCleanUp(run, size, rates, plan) {
  let deleted = 0;
  let taken = 0;
  const contenders = contendersOf(run, size, rates)
    .filter(({ what }) => what === COLD || what === REQUESTS)
    .flatMap(({ what, run: load }) => [
      { name: `${what}, ${ALONE}`, run: load },
      {
        name: `${what}, ${MEANWHILE}`,
        run: async (/** @type {number} */ seconds) => {
          const idle = await deletedRows(size.database);
          const cleanUp = startCleanUp(run.product.dist, size.database.appUrl);
          while (!cleanUp.hasEnded() && (await deletedRows(size.database)) === idle) {
            await delay(50);
          }

          const before = await deletedRows(size.database);
          const startedAt = performance.now();
          const result = await load(seconds).finally(cleanUp.stop);
          taken += (Math.min(cleanUp.endedAt(), performance.now()) - startedAt) / 1_000;
          deleted += (await deletedRows(size.database)) - before;
          return result;
        },
      },
    ]);
  const load = await runRounds(contenders, plan, (text) => run.tell(`clean-up, ${text}`));
  return { load, deletedPerSecond: Math.round(deleted / taken) };
}

/**
 * Runs `npm run clean-up`.
 *
 * @param {string} dist
 * @param {string} databaseUrl
 * @param {Record<string, string>} [environment] what else it is told
 */
export function startCleanUp(dist, databaseUrl, environment = {}) {
  let endedAt = Infinity;
  const child = spawn(process.execPath, [cleanUpOf(dist)], {
    env: { ...serviceEnvironment(databaseUrl, 0), ...environment },
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  const exited = new Promise((resolve) => child.once('exit', resolve));
  void exited.then(() => (endedAt = performance.now()));
  atEnd(() => void child.kill('SIGKILL'));
  return {
    hasEnded: () => endedAt < Infinity,
    /** By `performance.now()`; infinite while it runs. */
    endedAt: () => endedAt,
    /** Stops it after the batch that is under way. */
    stop: async () => {
      child.kill('SIGTERM');
      await exited;
      if (child.exitCode !== 0) throw new Error(`the clean-up ended with ${child.exitCode}`);
    },
  };
}

/** @param {import('../../lib/postgres.mjs').BenchDatabase} database */
async function deletedRows(database) {
  const [{ deleted }] = await database.sql(
    `SELECT sum(n_tup_del)::integer AS deleted FROM pg_stat_user_tables`,
  );
  return deleted;
}
