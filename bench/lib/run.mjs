import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { writeRequests } from '../load/requests.mjs';
import { atEnd } from './disposal.mjs';
import { startPostgres } from './postgres.mjs';
import { openProduct } from './product.mjs';
import { stopAllServers } from './server-process.mjs';

/**
 * What every suite works with.
 *
 * @typedef {object} Run
 * @property {boolean} quick
 * @property {number | undefined} rounds instead of a suite's own number
 * @property {import('./postgres.mjs').BenchPostgres} postgres
 * @property {import('./product.mjs').Product} product
 * @property {(requests: readonly import('../load/requests.mjs').HttpRequest[]) => Promise<string>} requestFile
 *   writes requests to a file that disappears with the run
 * @property {(text: string) => void} tell says how far the run is
 * @property {() => Promise<void>} stopServers at the end of a suite
 */

/**
 * @param {{ quick: boolean, rounds: number | undefined, dist: string, tell: (text: string) => void }} settings
 * @returns {Promise<Run>}
 */
export async function openRun({ quick, rounds, dist, tell }) {
  const directory = await mkdtemp(join(tmpdir(), 'mira-auth-bench-requests-'));
  atEnd(() => rm(directory, { recursive: true, force: true }));
  const postgres = await startPostgres();
  // Before the database goes.
  atEnd(stopAllServers);
  let files = 0;
  return {
    quick,
    rounds,
    postgres,
    product: await openProduct(dist, postgres),
    requestFile: async (requests) => {
      const file = join(directory, `${(files += 1)}.json`);
      await writeRequests(file, requests);
      return file;
    },
    tell,
    stopServers: stopAllServers,
  };
}
