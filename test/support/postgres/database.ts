import { randomUUID } from 'node:crypto';

import { Client } from 'pg';

import { migrate } from '../../../src/database/migrate';

/** Made by `global-setup.mjs`, still empty. */
const TEMPLATE = 'mira_template';

/** Of this server only tests know, so any number will do. */
const TEMPLATE_LOCK = 1;

/** A migrated database for one test file, as an installation has it: two roles, least privilege. */
export interface TestDatabase {
  readonly name: string;
  /** `postgres://…` as `mira_admin`, which owns the schema. */
  readonly adminUrl: string;
  /** `postgres://…` as `mira_app`, which runs the service. */
  readonly appUrl: string;
  /** `postgres://…` as the server's superuser: to look behind the scenes, never for the service. */
  readonly superuserUrl: string;
  /** Ends whatever is still connected and removes the database. */
  drop(): Promise<void>;
}

/**
 * Makes a database that nobody else uses, by cloning one that all migrations ran on. The first
 * caller of a run migrates it; the others wait for that.
 */
export async function createTestDatabase(): Promise<TestDatabase> {
  const name = `mira_test_${randomUUID().replaceAll('-', '')}`;
  await asSuperuser(async (client) => {
    await provideTemplate(client);
    await client.query(`CREATE DATABASE ${name} TEMPLATE ${TEMPLATE} OWNER mira_admin`);
    // Grants on a database are not cloned with it.
    await client.query(`REVOKE CONNECT, TEMPORARY ON DATABASE ${name} FROM PUBLIC`);
    await client.query(`GRANT CONNECT ON DATABASE ${name} TO mira_app`);
  });
  return {
    name,
    adminUrl: urlTo(name, 'MIRA_TEST_ADMIN_URL'),
    appUrl: urlTo(name, 'MIRA_TEST_APP_URL'),
    superuserUrl: urlTo(name, 'MIRA_TEST_PG_URL'),
    drop: () =>
      asSuperuser(async (client) => {
        await client.query(`DROP DATABASE IF EXISTS ${name} WITH (FORCE)`);
      }),
  };
}

/**
 * For specs that need a new database in each test. All of them are dropped after the last one.
 *
 * @returns makes one.
 */
export function useTestDatabases(): () => Promise<TestDatabase> {
  const databases: TestDatabase[] = [];
  afterAll(async () => {
    await Promise.all(databases.map((database) => database.drop()));
  });
  return async () => {
    const database = await createTestDatabase();
    databases.push(database);
    return database;
  };
}

async function provideTemplate(client: Client): Promise<void> {
  await client.query('SELECT pg_advisory_lock($1)', [TEMPLATE_LOCK]);
  try {
    const { rowCount } = await client.query(
      'SELECT FROM pg_database WHERE datname = $1 AND datistemplate',
      [TEMPLATE],
    );
    if (rowCount === 1) return;
    await migrate({ adminUrl: urlTo(TEMPLATE, 'MIRA_TEST_ADMIN_URL'), runtimeRole: 'mira_app' });
    // While somebody is connected to it, it cannot be cloned.
    await client.query(`ALTER DATABASE ${TEMPLATE} IS_TEMPLATE true ALLOW_CONNECTIONS false`);
  } finally {
    await client.query('SELECT pg_advisory_unlock($1)', [TEMPLATE_LOCK]);
  }
}

async function asSuperuser(work: (client: Client) => Promise<void>): Promise<void> {
  const client = new Client({ connectionString: urlTo('postgres', 'MIRA_TEST_PG_URL') });
  await client.connect();
  try {
    await work(client);
  } finally {
    await client.end();
  }
}

/** The address of a role, as `global-setup.mjs` handed it on, with another database. */
function urlTo(
  database: string,
  variable: 'MIRA_TEST_PG_URL' | 'MIRA_TEST_ADMIN_URL' | 'MIRA_TEST_APP_URL',
): string {
  const url = new URL(process.env[variable] ?? '');
  url.pathname = `/${database}`;
  return url.href;
}
