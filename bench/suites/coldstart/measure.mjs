import { spawn } from 'node:child_process';
import { createServer } from 'node:net';

import { atEnd } from '../../lib/disposal.mjs';
import { serviceOf } from '../../lib/product-files.mjs';
import { serviceEnvironment } from '../../lib/service-environment.mjs';
import { openConnection } from '../../load/exchange.mjs';
import { httpRequest } from '../../load/requests.mjs';

const LONGEST_MS = 20_000;

/** @typedef {{ milliseconds: number[] }} ColdStartResults */

/** @param {boolean} quick */
const startsOf = (quick) => (quick ? 3 : 10);

/** @param {boolean} quick */
export function plannedSeconds(quick) {
  return startsOf(quick) * 2 + 2;
}

/**
 * From starting the built service to its first ready answer, migrations current.
 *
 * @param {import('../../lib/run.mjs').Run} run
 * @returns {Promise<ColdStartResults>}
 */
export async function measure({ quick, postgres, product, tell }) {
  const database = await postgres.createDatabase('coldstart', product.dist);
  /** @type {number[]} */
  const milliseconds = [];
  for (let start = 1; start <= startsOf(quick); start += 1) {
    milliseconds.push(Math.round(await startOnce(product.dist, database.appUrl)));
    tell(`coldstart ${start}: ${milliseconds.at(-1)} ms`);
  }
  return { milliseconds };
}

/** @param {string} dist @param {string} databaseUrl */
async function startOnce(dist, databaseUrl) {
  const port = await freePort();
  const startedAt = performance.now();
  const child = spawn(process.execPath, [serviceOf(dist)], {
    env: serviceEnvironment(databaseUrl, port),
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  const exited = new Promise((resolve) => child.once('exit', resolve));
  atEnd(() => void child.kill('SIGKILL'));
  try {
    const request = httpRequest('GET', '/health/ready');
    while (performance.now() - startedAt < LONGEST_MS && child.exitCode === null) {
      const connection = openConnection(`http://127.0.0.1:${port}`);
      const status = await connection.exchange(request);
      await connection.close();
      if (status === 200) return performance.now() - startedAt;
      await new Promise((resolve) => setTimeout(resolve, 2));
    }
    throw new Error('the service does not become ready');
  } finally {
    child.kill('SIGKILL');
    await exited;
  }
}

/** @returns {Promise<number>} */
function freePort() {
  return new Promise((resolve) => {
    const probe = createServer().listen(0, '127.0.0.1', () => {
      const address = probe.address();
      probe.close(() => resolve(typeof address === 'object' ? (address?.port ?? 0) : 0));
    });
  });
}
