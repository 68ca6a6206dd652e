import { randomBytes } from 'node:crypto';
import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import pg from 'pg';

import { atEnd } from './disposal.mjs';
import { ensureRolesAndDatabase, loadEntry, startEmbeddedPostgres } from './product-files.mjs';

/**
 * What differs from PostgreSQL's defaults; all else is as `initdb` leaves it. The first three *are*
 * the defaults, which a server whose data are thrown away would not have here.
 */
export const SETTINGS = {
  fsync: 'on',
  synchronous_commit: 'on',
  full_page_writes: 'on',
  max_connections: '300',
};

/**
 * @typedef {object} BenchDatabase
 * @property {string} name
 * @property {string} appUrl as the role that runs the service
 * @property {string} adminUrl as the role that owns the database
 * @property {(sql: string, values?: unknown[]) => Promise<any[]>} sql as the superuser
 */

/**
 * @typedef {object} BenchPostgres
 * @property {string} version such as `18.1`
 * @property {string} logFile
 * @property {(name: string, dist?: string) => Promise<BenchDatabase>} createDatabase migrated by the
 *   given build; empty without one
 */

/**
 * Starts a server for one run, which disappears with its files when the run ends.
 *
 * @returns {Promise<BenchPostgres>}
 */
export async function startPostgres() {
  const server = await startEmbeddedPostgres({
    directory: await mkdtemp(join(tmpdir(), 'mira-auth-bench-')),
    persistent: false,
    settings: SETTINGS,
  });
  atEnd(() => server.stop());
  const { user, password } = server.superuser;
  const superuserUrl = server.urlFor('postgres', user, password);
  const adminRole = { name: 'mira_admin', password: randomBytes(12).toString('hex') };
  const appRole = { name: 'mira_app', password: randomBytes(12).toString('hex') };
  const [{ server_version: version }] = await query(superuserUrl, 'SHOW server_version');
  return {
    version,
    logFile: join(server.directory, 'postgres.log'),
    createDatabase: async (name, dist) => {
      await ensureRolesAndDatabase(superuserUrl, { adminRole, appRole, database: name });
      const adminUrl = server.urlFor(name, adminRole.name, adminRole.password);
      if (dist !== undefined) {
        await loadEntry(dist)['migrate']({ adminUrl, runtimeRole: appRole.name });
      }

      const ownUrl = server.urlFor(name, user, password);
      return {
        name,
        adminUrl,
        appUrl: server.urlFor(name, appRole.name, appRole.password),
        sql: (sql, values) => query(ownUrl, sql, values),
      };
    },
  };
}

/** @param {string} connectionString @param {string} sql @param {unknown[]} [values] */
async function query(connectionString, sql, values) {
  const client = new pg.Client({ connectionString });
  await client.connect();
  try {
    const result = await client.query(sql, values);
    // Several statements without values give a list of results.
    return Array.isArray(result) ? (result.at(-1)?.rows ?? []) : result.rows;
  } finally {
    await client.end();
  }
}
