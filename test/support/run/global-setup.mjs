import { randomBytes } from 'node:crypto';
import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { ensureRolesAndDatabase } from '../../../tools/embedded-postgres/ensure-roles-and-database.mjs';
import { startEmbeddedPostgres } from '../../../tools/embedded-postgres/start-embedded-postgres.mjs';

/**
 * Starts the one PostgreSQL server of this run and hands its addresses on to `database.ts` by
 * environment. The server stops with the run, also when Jest is killed.
 *
 * To see the SQL of a failing test: `MIRA_TEST_SQL_LOG=sql.log npx jest <path>` writes every
 * statement, with the database it ran in, to that file.
 */
export default async function startServer() {
  const server = await startEmbeddedPostgres({
    directory: await mkdtemp(join(tmpdir(), 'mira-auth-test-')),
    persistent: false,
    settings: {
      // Workers, times application instances of a test, times the size of a pool.
      max_connections: '300',
      ...(process.env.MIRA_TEST_SQL_LOG === undefined
        ? {}
        : { log_statement: 'all', log_line_prefix: '%m %d %u ' }),
    },
  });
  globalThis.testServer = server;

  const adminRole = { name: 'mira_admin', password: randomBytes(12).toString('hex') };
  const appRole = { name: 'mira_app', password: randomBytes(12).toString('hex') };
  const { superuser } = server;
  const superuserUrl = server.urlFor('postgres', superuser.user, superuser.password);
  const database = 'mira_template';
  await ensureRolesAndDatabase(superuserUrl, { adminRole, appRole, database });
  process.env.MIRA_TEST_PG_URL = superuserUrl;
  process.env.MIRA_TEST_ADMIN_URL = server.urlFor(database, adminRole.name, adminRole.password);
  process.env.MIRA_TEST_APP_URL = server.urlFor(database, appRole.name, appRole.password);
}
