import { randomUUID } from 'node:crypto';

import { migrations } from '../../../migrations';
import { entities } from '../../../src/auth/entities';
import {
  createDataSource,
  createMigrationDataSource,
} from '../../../src/database/driver/data-source';
import {
  hasPendingMigrations,
  migrate,
  type MigrateSettings,
  revertMigration,
} from '../../../src/database/migrate';
import { type TestDatabase, useTestDatabases } from '../../support/postgres/database';
import { queryAs } from '../../support/postgres/query-as';
import { describeSchema } from '../../support/postgres/schema-description';

const NAMES = migrations.map(({ name }) => name);

const migratedDatabase = useTestDatabases();

/** A database as an operator makes it: the roles are there, and nothing else. */
async function emptyDatabase(): Promise<TestDatabase> {
  const database = await migratedDatabase();
  await queryAs(
    database.superuserUrl,
    `DROP SCHEMA public CASCADE;
     CREATE SCHEMA public AUTHORIZATION pg_database_owner;
     GRANT USAGE ON SCHEMA public TO PUBLIC`,
  );
  return database;
}

const settingsFor = (database: TestDatabase): MigrateSettings => ({
  adminUrl: database.adminUrl,
  runtimeRole: 'mira_app',
});

const applied = (database: TestDatabase): Promise<string[]> =>
  queryAs<{ name: string }>(
    database.superuserUrl,
    'SELECT name FROM mira_auth_migrations ORDER BY id',
  ).then((rows) => rows.map(({ name }) => name));

async function isPending(database: TestDatabase): Promise<boolean> {
  const dataSource = createDataSource({
    url: database.appUrl,
    ssl: false,
    poolSize: 1,
    entities: [],
  });
  await dataSource.initialize();
  try {
    return await hasPendingMigrations(dataSource);
  } finally {
    await dataSource.destroy();
  }
}

describe('Migrating', () => {
  it('goes up from nothing, down to nothing, and up again to the same schema', async () => {
    const database = await emptyDatabase();
    const settings = settingsFor(database);
    await expect(migrate(settings)).resolves.toEqual(NAMES);
    const schema = await describeSchema(database.superuserUrl);
    expect(schema.join('\n')).toContain('table users');

    for (const name of [...NAMES].reverse()) {
      await expect(revertMigration(settings)).resolves.toBe(name);
    }

    await expect(revertMigration(settings)).resolves.toBeUndefined();
    const left = await describeSchema(database.superuserUrl);
    expect(left.filter((line) => !line.includes('mira_auth_migrations'))).toEqual([]);

    await expect(migrate(settings)).resolves.toEqual(NAMES);
    expect(await describeSchema(database.superuserUrl)).toEqual(schema);
  });

  it('makes each step down good again on the way up', async () => {
    const database = await emptyDatabase();
    const settings = settingsFor(database);
    await migrate(settings);
    const schema = await describeSchema(database.superuserUrl);
    for (let depth = 1; depth < NAMES.length; depth += 1) {
      for (let step = 0; step < depth; step += 1) await revertMigration(settings);
      expect(await describeSchema(database.superuserUrl)).not.toEqual(schema);
      await expect(migrate(settings)).resolves.toEqual(NAMES.slice(-depth));
      expect(await describeSchema(database.superuserUrl)).toEqual(schema);
    }
  });

  it('has nothing to do a second time', async () => {
    const database = await migratedDatabase();
    await expect(migrate(settingsFor(database))).resolves.toEqual([]);
    expect(await applied(database)).toEqual(NAMES);
  });

  it('F9: runs each migration once, however many instances start together', async () => {
    const database = await emptyDatabase();
    const runs = await Promise.all([1, 2, 3, 4].map(() => migrate(settingsFor(database))));
    expect(runs.flat()).toEqual(NAMES);
    expect(await applied(database)).toEqual(NAMES);
  });

  it('leaves nothing half done when a migration fails, and goes on once it can', async () => {
    const database = await emptyDatabase();
    await queryAs(database.adminUrl, 'CREATE TABLE subjects ()');
    // TypeORM tells the terminal about a failed migration, whatever its options say.
    const log = jest.spyOn(console, 'log').mockImplementation(() => undefined);
    await expect(migrate(settingsFor(database))).rejects.toMatchObject({ code: '42P07' });
    log.mockRestore();
    const before = NAMES.indexOf('CreateAuditTrail1764000004000');
    expect(await applied(database)).toEqual(NAMES.slice(0, before));
    const schema = await describeSchema(database.superuserUrl);
    expect(schema.join('\n')).not.toContain('security_events');

    await queryAs(database.adminUrl, 'DROP TABLE subjects');
    await expect(migrate(settingsFor(database))).resolves.toEqual(NAMES.slice(before));
  });

  it("leaves a host's own migrations in the same database alone", async () => {
    const database = await emptyDatabase();
    await queryAs(
      database.adminUrl,
      `CREATE TABLE migrations (id serial, timestamp bigint, name varchar);
       INSERT INTO migrations (timestamp, name) VALUES (9999999999999, 'HostsOwn9999999999999')`,
    );
    await migrate(settingsFor(database));
    await expect(revertMigration(settingsFor(database))).resolves.toBe(NAMES.at(-1));
    const rows = await queryAs(database.adminUrl, 'SELECT name FROM migrations');
    expect(rows).toEqual([{ name: 'HostsOwn9999999999999' }]);
  });
});

describe('Whether migrations are pending', () => {
  it('is true for an empty database, for an older one, and false for a newer one', async () => {
    const database = await emptyDatabase();
    await expect(isPending(database)).resolves.toBe(true);
    await expect(revertMigration(settingsFor(database))).resolves.toBeUndefined();
    await migrate(settingsFor(database));
    await expect(isPending(database)).resolves.toBe(false);
    await queryAs(
      database.adminUrl,
      `INSERT INTO mira_auth_migrations (timestamp, name) VALUES (9999999999999, 'Newer')`,
    );
    await expect(isPending(database)).resolves.toBe(false);
    await queryAs(database.adminUrl, `DELETE FROM mira_auth_migrations WHERE name = $1`, [
      NAMES.at(-1),
    ]);
    await expect(isPending(database)).resolves.toBe(true);
  });
});

describe('The entities', () => {
  /** What TypeORM would do to the schema to make it what the entities say. */
  async function drift(database: TestDatabase): Promise<string[]> {
    const dataSource = createMigrationDataSource({ url: database.adminUrl, ssl: false, entities });
    await dataSource.initialize();
    try {
      const { upQueries } = await dataSource.driver.createSchemaBuilder().log();
      return upQueries.map(({ query }) => query);
    } finally {
      await dataSource.destroy();
    }
  }

  it('say what the migrations make', async () => {
    expect(await drift(await migratedDatabase())).toEqual([]);
  });

  it.each([
    ['a type', 'ALTER TABLE magic_links ALTER COLUMN locale TYPE varchar(36)', '"locale"'],
    ['nullability', 'ALTER TABLE users ALTER COLUMN is_active DROP NOT NULL', '"is_active"'],
    ['a default', `ALTER TABLE users ALTER COLUMN tenant_id SET DEFAULT 'x'`, '"tenant_id"'],
    ['a column more', 'ALTER TABLE users ADD COLUMN more integer', '"more"'],
    ['a column less', 'ALTER TABLE magic_links DROP COLUMN locale', '"locale"'],
    ['an index less', 'DROP INDEX magic_links_one_live', 'magic_links_one_live'],
    [
      'a unique constraint less',
      'ALTER TABLE subjects DROP CONSTRAINT subjects_tenant_id_address_digest_key',
      'subjects_tenant_id_address_digest_key',
    ],
    [
      'a check less',
      'ALTER TABLE mail_outbox DROP CONSTRAINT mail_outbox_state_check',
      'mail_outbox_state_check',
    ],
    [
      'a foreign key less',
      'ALTER TABLE user_sessions DROP CONSTRAINT user_sessions_user_id_fkey',
      'user_sessions_user_id_fkey',
    ],
    ['a table less', 'DROP TABLE rate_limits', '"rate_limits"'],
  ])('are seen to drift by %s', async (_what, change, trace) => {
    const database = await migratedDatabase();
    await queryAs(database.adminUrl, change);
    expect((await drift(database)).join('\n')).toContain(trace);
  });

  it('never change the schema by themselves', () => {
    const settings = { url: 'postgres://localhost/x', ssl: false, poolSize: 1, entities };
    for (const make of [createDataSource, createMigrationDataSource]) {
      expect(make(settings).options).toMatchObject({
        synchronize: false,
        migrationsTableName: 'mira_auth_migrations',
      });
      expect(make(settings).options).not.toHaveProperty('migrationsRun', true);
      expect(make(settings).options).not.toHaveProperty('dropSchema', true);
    }
  });
});

describe('The tables of the guide', () => {
  /** docs/guide.md, section 1.3, column by column; `?` marks what may be null there. */
  const GUIDE = {
    users: {
      id: 'uuid',
      email: 'character varying(320)',
      tenant_id: 'character varying(100)',
      is_active: 'boolean',
      email_verified: 'boolean',
      failed_login_count: 'integer',
      account_locked_until: 'timestamp with time zone?',
      trusted_device_ids: 'character varying[]',
      known_ip_addresses: 'inet[]',
      security_flags: 'jsonb',
      user_metadata: 'jsonb',
      created_at: 'timestamp with time zone?',
      updated_at: 'timestamp with time zone?',
      last_login_at: 'timestamp with time zone?',
    },
    magic_links: {
      id: 'uuid',
      user_id: 'uuid?',
      email: 'character varying(320)',
      token_hash: 'character varying(128)',
      ip_address: 'inet',
      user_agent: 'text?',
      device_fingerprint: 'character varying(128)?',
      attempt_count: 'integer',
      is_used: 'boolean',
      expires_at: 'timestamp with time zone',
      created_at: 'timestamp with time zone?',
      used_at: 'timestamp with time zone?',
    },
    user_sessions: {
      id: 'uuid',
      user_id: 'uuid',
      session_token_hash: 'character varying(128)',
      ip_address: 'inet',
      user_agent: 'text',
      device_fingerprint: 'character varying(128)?',
      device_name: 'character varying(200)?',
      auth_method: 'character varying(50)',
      remember_device: 'boolean',
      is_active: 'boolean',
      created_at: 'timestamp with time zone?',
      last_accessed_at: 'timestamp with time zone?',
      expires_at: 'timestamp with time zone',
    },
  };

  it.each(Object.entries(GUIDE))('keep name, type and nullability in %s', async (table, guide) => {
    const columns = await queryAs<{ name: string; type: string }>(
      (await migratedDatabase()).superuserUrl,
      `SELECT attname AS name,
              format_type(atttypid, atttypmod) || CASE WHEN attnotnull THEN '' ELSE '?' END AS type
         FROM pg_attribute
        WHERE attrelid = $1::regclass AND attnum > 0 AND NOT attisdropped`,
      [table],
    );
    expect(Object.fromEntries(columns.map(({ name, type }) => [name, type]))).toMatchObject(guide);
  });
});

describe('The schema refuses', () => {
  const UNIQUE = '23505';
  const CHECK = '23514';
  const FOREIGN_KEY = '23503';
  let database: TestDatabase;
  const user = randomUUID();
  const link = randomUUID();

  const insertUser = (values: { email?: string; tenant?: string; id?: string }): Promise<unknown> =>
    queryAs(database.appUrl, 'INSERT INTO users (id, email, tenant_id) VALUES ($1, $2, $3)', [
      values.id ?? randomUUID(),
      values.email ?? `${randomUUID()}@example.com`,
      values.tenant ?? 'default',
    ]);
  const insertLink = (values: {
    id?: string;
    hash?: string;
    network?: string;
    email?: string;
  }): Promise<unknown> =>
    queryAs(
      database.appUrl,
      `INSERT INTO magic_links (id, email, token_hash, ip_address, client_network, key_id, expires_at)
       VALUES ($1, $2, $3, '192.0.2.1', $4, 'k', now())`,
      [
        values.id ?? randomUUID(),
        values.email ?? 'ada@example.com',
        values.hash ?? randomUUID(),
        values.network ?? '192.0.2.1/32',
      ],
    );
  const insertSession = (values: {
    hash?: string;
    user?: string;
    link?: string | null;
  }): Promise<unknown> =>
    queryAs(
      database.appUrl,
      `INSERT INTO user_sessions (id, user_id, session_token_hash, ip_address, user_agent,
                                  auth_method, key_id, magic_link_id, expires_at)
       VALUES ($1, $2, $3, '192.0.2.1', '', 'magic_link', 'k', $4, now())`,
      [randomUUID(), values.user ?? user, values.hash ?? randomUUID(), values.link ?? null],
    );
  const insertMail = (kind: string, columns: object): Promise<unknown> =>
    queryAs(
      database.appUrl,
      `INSERT INTO mail_outbox (id, kind, key_id, magic_link_id, user_id, state)
       SELECT $1, $2, 'k', magic_link_id, user_id, coalesce(state, 'pending')
         FROM jsonb_to_record($3) AS r (magic_link_id uuid, user_id uuid, state text)`,
      [randomUUID(), kind, JSON.stringify(columns)],
    );

  beforeAll(async () => {
    database = await migratedDatabase();
    await insertUser({ id: user, email: 'ada@example.com' });
    await insertLink({ id: link, hash: 'hash of the link' });
    await insertSession({ hash: 'hash of the session', link });
    await insertMail('magic_link', { magic_link_id: link });
  });

  it.each<[string, string, () => Promise<unknown>]>([
    ['I3: a second user of an address', UNIQUE, () => insertUser({ email: 'ada@example.com' })],
    [
      'I3: that user in another tenant, until there are tenants',
      UNIQUE,
      () => insertUser({ email: 'ada@example.com', tenant: 'other' }),
    ],
    ['an address in capitals', CHECK, () => insertUser({ email: 'Ada@example.com' })],
    ['an address without @', CHECK, () => insertUser({ email: 'ada.example.com' })],
    ['a second live link of one address and network', UNIQUE, () => insertLink({})],
    [
      'a second link of one token',
      UNIQUE,
      () => insertLink({ hash: 'hash of the link', network: '10.0.0.0/8' }),
    ],
    ['I1: a second session of one link', UNIQUE, () => insertSession({ link })],
    ['a second session of one token', UNIQUE, () => insertSession({ hash: 'hash of the session' })],
    ['a session of nobody', FOREIGN_KEY, () => insertSession({ user: randomUUID() })],
    ['I4: a session of no link there is', FOREIGN_KEY, () => insertSession({ link: randomUUID() })],
    [
      'I7: a second mail of one link',
      UNIQUE,
      () => insertMail('magic_link', { magic_link_id: link }),
    ],
    ['a mail to nobody', CHECK, () => insertMail('notice', {})],
    ['a mail to two', CHECK, () => insertMail('notice', { magic_link_id: link, user_id: user })],
    [
      'a mail in a state of its own',
      CHECK,
      () => insertMail('notice', { user_id: user, state: 'lost' }),
    ],
    [
      'a link that is used at no time',
      CHECK,
      () => queryAs(database.appUrl, 'UPDATE magic_links SET is_used = true'),
    ],
    [
      'a session that is ended and active',
      CHECK,
      () => queryAs(database.appUrl, 'UPDATE user_sessions SET revoked_at = now()'),
    ],
    [
      'fewer than no wrong codes',
      CHECK,
      () => queryAs(database.appUrl, 'UPDATE magic_links SET attempt_count = -1'),
    ],
  ])('%s', async (_what, code, work) => {
    await expect(work()).rejects.toMatchObject({ code });
  });

  it('nothing of what is right: another network, and a link after the first is used', async () => {
    await insertLink({ network: '192.0.2.2/32' });
    await insertLink({ email: 'bob@example.com' });
    await queryAs(
      database.appUrl,
      'UPDATE magic_links SET is_used = true, used_at = now() WHERE id = $1',
      [link],
    );
    await insertLink({});
    await queryAs(
      database.appUrl,
      'UPDATE magic_links SET superseded_at = now() WHERE NOT is_used',
    );
    await insertLink({});
    await insertSession({});
  });
});
