import { randomUUID } from 'node:crypto';

import { createDataSource } from '../../../src/database/driver/data-source';
import { migrate } from '../../../src/database/migrate';
import { canAlterTrail } from '../../../src/database/runtime-role';
import { createTestDatabase, type TestDatabase } from '../../support/postgres/database';
import { queryAs, withClient } from '../../support/postgres/query-as';

const REFUSED = { code: '42501' };
const BY_TRIGGER = { ...REFUSED, message: expect.stringContaining('append-only') as string };

let database: TestDatabase;

beforeAll(async () => {
  database = await createTestDatabase();
  await queryAs(
    database.appUrl,
    `WITH event AS (
       INSERT INTO security_events (id, type, severity) VALUES (gen_random_uuid(), 'test', 'info')
       RETURNING id)
     INSERT INTO security_event_personal (event_id, salt, user_agent)
     SELECT id, decode(repeat('00', 16), 'hex'), 'original' FROM event`,
  );
});
afterAll(() => database.drop());

/** The privileges of a role on each table, in the order of their names. */
async function privilegesOf(role: string): Promise<Record<string, string>> {
  const rows = await queryAs<{ name: string; privileges: string }>(
    database.superuserUrl,
    `SELECT relname AS name,
            (SELECT string_agg(privilege, ' ' ORDER BY privilege)
               FROM unnest(ARRAY['DELETE', 'INSERT', 'MAINTAIN', 'REFERENCES', 'SELECT',
                                 'TRIGGER', 'TRUNCATE', 'UPDATE']) AS privilege
              WHERE has_table_privilege($1, pg_class.oid, privilege)
                 OR (privilege IN ('INSERT', 'REFERENCES', 'SELECT', 'UPDATE')
                     AND has_any_column_privilege($1, pg_class.oid, privilege))) AS privileges
       FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind = 'r'`,
    [role],
  );
  return Object.fromEntries(rows.map(({ name, privileges }) => [name, privileges]));
}

const WORKING = 'DELETE INSERT SELECT UPDATE';
const RUNTIME_PRIVILEGES = {
  code_lockouts: WORKING,
  devices: WORKING,
  magic_links: WORKING,
  mail_outbox: WORKING,
  mail_pauses: WORKING,
  mira_auth_migrations: 'SELECT',
  rate_limits: WORKING,
  security_event_personal: 'DELETE INSERT SELECT',
  security_events: 'INSERT SELECT',
  session_revocations: 'DELETE SELECT',
  subjects: WORKING,
  user_sessions: WORKING,
  users: WORKING,
};

const migrateFor = (runtimeRole: string): Promise<string[]> =>
  migrate({ adminUrl: database.adminUrl, runtimeRole });

describe('The role that the service runs as', () => {
  it('has the privileges of its work on every table, and no others', async () => {
    expect(await privilegesOf('mira_app')).toEqual(RUNTIME_PRIVILEGES);
  });

  it.each([
    'CREATE TABLE own (id integer)',
    'CREATE VIEW own AS SELECT 1',
    'CREATE FUNCTION own() RETURNS integer LANGUAGE sql AS $$SELECT 1$$',
    'CREATE SCHEMA own',
    'CREATE INDEX own ON users (email)',
    'CREATE TRIGGER own BEFORE INSERT ON users EXECUTE FUNCTION refuse_trail_change()',
    'ALTER TABLE users ADD COLUMN own integer',
    'ALTER TABLE users OWNER TO mira_app',
    'DROP TABLE users',
    'TRUNCATE users',
    'BEGIN; LOCK TABLE security_events IN ACCESS EXCLUSIVE MODE',
    'ALTER TABLE security_events DISABLE TRIGGER ALL',
    'DROP TRIGGER security_events_append_only ON security_events',
    'CREATE OR REPLACE FUNCTION refuse_trail_change() RETURNS trigger LANGUAGE plpgsql AS $$BEGIN RETURN NULL; END$$',
    `DELETE FROM mira_auth_migrations`,
    `INSERT INTO mira_auth_migrations (timestamp, name) VALUES (1, 'own')`,
    `UPDATE security_event_personal SET user_agent = 'changed'`,
    'SET session_replication_role = replica',
    'SET ROLE mira_admin',
    'CREATE ROLE own',
    `SELECT pg_read_file('/etc/passwd')`,
    `COPY users TO PROGRAM 'true'`,
  ])('is refused: %s', async (sql) => {
    await expect(queryAs(database.appUrl, sql)).rejects.toMatchObject(REFUSED);
  });

  it('may add to the trail and read it', async () => {
    const rows = await queryAs(database.appUrl, 'SELECT type, severity FROM security_events');
    expect(rows).toEqual([{ type: 'test', severity: 'info' }]);
  });

  it('cannot give itself more than it has', async () => {
    // PostgreSQL answers this with a warning, and grants nothing.
    await queryAs(database.appUrl, 'GRANT ALL ON security_events, users TO mira_app');
    expect(await privilegesOf('mira_app')).toEqual(RUNTIME_PRIVILEGES);
  });

  it('parts an address from its events by deleting its user, and can do no more with that', async () => {
    const refused = queryAs(database.appUrl, 'SELECT part_from_deleted_user()');
    await expect(refused).rejects.toMatchObject(REFUSED);
    const trigger = `CREATE TEMP TABLE own (id uuid);
      CREATE TRIGGER own AFTER DELETE ON own FOR EACH ROW EXECUTE FUNCTION part_from_deleted_user()`;
    await expect(queryAs(database.appUrl, trigger)).rejects.toMatchObject(REFUSED);
  });

  it('cannot choose the place of an event in the trail', async () => {
    const insert = queryAs(
      database.appUrl,
      `INSERT INTO security_events (seq, id, type, severity)
       VALUES (0, gen_random_uuid(), 'test', 'info')`,
    );
    await expect(insert).rejects.toMatchObject({ code: '428C9' });
  });
});

describe('A7: the audit trail', () => {
  const CHANGES = [
    `UPDATE security_events SET type = 'changed'`,
    `UPDATE security_events SET type = 'changed' WHERE false`,
    'DELETE FROM security_events',
    'TRUNCATE security_events',
    'TRUNCATE security_events, users CASCADE',
    `INSERT INTO security_events (id, type, severity)
     SELECT id, type, severity FROM security_events
         ON CONFLICT (id) DO UPDATE SET type = 'changed'`,
    `MERGE INTO security_events AS event USING security_events AS same ON event.seq = same.seq
      WHEN MATCHED THEN UPDATE SET type = 'changed'`,
    `WITH gone AS (DELETE FROM security_events RETURNING id) SELECT * FROM gone`,
  ];

  afterEach(async () => {
    const rows = await queryAs(database.superuserUrl, 'SELECT type FROM security_events');
    expect(rows).toEqual([{ type: 'test' }]);
  });

  it.each(CHANGES)('is not the service to change: %s', async (sql) => {
    await expect(queryAs(database.appUrl, sql)).rejects.toMatchObject(REFUSED);
  });

  it.each(CHANGES)('is not its owner to change, whom the trigger refuses: %s', async (sql) => {
    await expect(queryAs(database.adminUrl, sql)).rejects.toMatchObject(BY_TRIGGER);
  });

  it.each(CHANGES)('is not a superuser to change in passing: %s', async (sql) => {
    const change = withClient(database.superuserUrl, async (client) => {
      // As a replica applies changes: ordinary triggers stay silent then.
      await client.query('SET session_replication_role = replica');
      await client.query(sql);
    });
    await expect(change).rejects.toMatchObject(BY_TRIGGER);
  });
});

describe('Granting', () => {
  afterEach(() => migrateFor('mira_app'));

  it('can be repeated', async () => {
    await migrateFor('mira_app');
    await migrateFor('mira_app');
    expect(await privilegesOf('mira_app')).toEqual(RUNTIME_PRIVILEGES);
  });

  it('takes back what is not needed any more, of single columns too', async () => {
    await queryAs(
      database.adminUrl,
      `GRANT ALL ON security_events, users, mira_auth_migrations TO mira_app;
       GRANT UPDATE (details) ON security_events TO mira_app;
       GRANT UPDATE (salt) ON security_event_personal TO mira_app`,
    );
    expect(await privilegesOf('mira_app')).not.toEqual(RUNTIME_PRIVILEGES);
    await migrateFor('mira_app');
    expect(await privilegesOf('mira_app')).toEqual(RUNTIME_PRIVILEGES);
  });

  it('works for a role whatever its name is', async () => {
    const role = `odd "role"; DROP TABLE users; -- ${randomUUID()}`;
    const quoted = `"${role.replaceAll('"', '""')}"`;
    await queryAs(database.superuserUrl, `CREATE ROLE ${quoted}`);
    try {
      await migrateFor(role);
      expect(await privilegesOf(role)).toEqual(RUNTIME_PRIVILEGES);
    } finally {
      await queryAs(database.superuserUrl, `DROP OWNED BY ${quoted}; DROP ROLE ${quoted}`);
    }
  });

  it('to a role that does not exist is a clear error', async () => {
    const role = 'nobody"; DROP TABLE users; --';
    await expect(migrateFor(role)).rejects.toThrow(
      new TypeError(
        'the runtime role does not exist in the database: create it, or name another in AUTH_DB_USER',
      ),
    );
    expect(Object.keys(await privilegesOf('mira_app'))).toContain('users');
  });

  it('to the owner itself takes nothing from it: a host may have one role only', async () => {
    const before = await privilegesOf('mira_admin');
    await migrateFor('mira_admin');
    expect(await privilegesOf('mira_admin')).toEqual(before);
    expect(before['security_events']).toContain('UPDATE');
  });
});

describe('Whether a role could alter the trail, were the trigger gone', () => {
  it.each(['appUrl', 'adminUrl', 'superuserUrl'] as const)('is told for %s', async (role) => {
    const dataSource = createDataSource({
      url: database[role],
      ssl: false,
      poolSize: 1,
      entities: [],
    });
    await dataSource.initialize();
    await expect(canAlterTrail(dataSource)).resolves.toBe(role !== 'appUrl');
    await dataSource.destroy();
  });
});
