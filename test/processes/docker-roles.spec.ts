import { readFileSync } from 'node:fs';

import { migrate } from '../../src/database/migrate';
import { readComposeFile } from '../support/docker/compose-file';
import { type OwnPostgres, startOwnPostgres } from '../support/postgres/own-postgres';
import { psqlRunners } from '../support/postgres/psql';
import { queryAs } from '../support/postgres/query-as';
import { inRepository } from '../support/repository';

const ADMIN_PASSWORD = `owner's "secret" \\ % @:/ :'app_password'`;
const APP_PASSWORD = `'; DROP ROLE mira_admin; --`;

const SCRIPT = readFileSync(inRepository('docker/postgres/10-roles.sql'), 'utf8');

/** What the container of PostgreSQL has in its environment. */
const { environment } = readComposeFile({
  AUTH_MASTER_KEY: 'not for PostgreSQL',
  AUTH_DB_ADMIN_PASSWORD: ADMIN_PASSWORD,
  AUTH_DB_PASSWORD: APP_PASSWORD,
  POSTGRES_PASSWORD: 'the superuser’s',
}).services.postgres;

describe.each(psqlRunners())('what the PostgreSQL image runs first, run by %s,', (_name, run) => {
  let server: OwnPostgres;
  let adminUrl: string;
  let appUrl: string;

  beforeAll(async () => {
    server = await startOwnPostgres();
    await run(server.superuserUrl, SCRIPT, environment);
    adminUrl = server.urlFor('auth_db', 'mira_admin', ADMIN_PASSWORD);
    appUrl = server.urlFor('auth_db', 'mira_app', APP_PASSWORD);
  });

  afterAll(() => server.stop());

  it('makes two roles that may log in and nothing else', async () => {
    const roles = await queryAs(
      server.superuserUrl,
      `SELECT rolname, rolcanlogin, rolsuper OR rolcreatedb OR rolcreaterole OR rolreplication
              OR rolbypassrls AS mighty, EXISTS (SELECT FROM pg_auth_members WHERE member = oid) AS member
         FROM pg_roles JOIN pg_user ON usename = rolname ORDER BY rolname`,
    );
    expect(roles.filter(({ rolname }) => String(rolname).startsWith('mira_'))).toEqual([
      { rolname: 'mira_admin', rolcanlogin: true, mighty: false, member: false },
      { rolname: 'mira_app', rolcanlogin: true, mighty: false, member: false },
    ]);
  });

  it('leaves a database that can be migrated and then served from', async () => {
    const ran = await migrate({ adminUrl, runtimeRole: 'mira_app' });
    expect(ran.length).toBeGreaterThan(0);
    expect(await queryAs(appUrl, 'SELECT count(*)::int AS users FROM users')).toEqual([
      { users: 0 },
    ]);
  });

  it.each([
    'CREATE TABLE own (id int)',
    'CREATE TEMPORARY TABLE own (id int)',
    'CREATE SCHEMA own',
  ])('lets the service make nothing of its own: %s', async (sql) => {
    await expect(queryAs(appUrl, sql)).rejects.toMatchObject({ code: '42501' });
  });

  it.each([
    ['postgres', 'mira_admin', ADMIN_PASSWORD],
    ['postgres', 'mira_app', APP_PASSWORD],
    ['template1', 'mira_app', APP_PASSWORD],
  ])('keeps the roles out of other databases: %s, %s', async (database, user, password) => {
    const url = server.urlFor(database, user, password);
    await expect(queryAs(url, 'SELECT 1')).rejects.toMatchObject({ code: '42501' });
  });

  it('gives each role its own password', async () => {
    const url = server.urlFor('auth_db', 'mira_admin', APP_PASSWORD);
    await expect(queryAs(url, 'SELECT 1')).rejects.toMatchObject({ code: '28P01' });
  });

  it('fails when it is run again, and leaves the passwords as they were', async () => {
    const others = { ...environment, AUTH_DB_PASSWORD: 'another' };
    await expect(run(server.superuserUrl, SCRIPT, others)).rejects.toThrow(/already exists/);
    expect(await queryAs(appUrl, 'SELECT 1 AS one')).toEqual([{ one: 1 }]);
  });
});
