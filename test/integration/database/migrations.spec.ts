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
    ['an index less', 'DROP INDEX magic_links_live_idx', 'magic_links_live_idx'],
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
  const insertDevice = (values: { user?: string; digest?: string }): Promise<unknown> =>
    queryAs(database.appUrl, 'INSERT INTO devices (id, user_id, digest) VALUES ($1, $2, $3)', [
      randomUUID(),
      values.user ?? user,
      values.digest ?? 'digest of the device',
    ]);
  const insertPause = (network: string): Promise<unknown> =>
    queryAs(
      database.appUrl,
      `INSERT INTO mail_pauses (mailbox, network, paused_until) VALUES ('a mailbox', $1, now())`,
      [network],
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
    await insertDevice({});
    await insertPause('a network');
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
    ['a second link of one token', UNIQUE, () => insertLink({ hash: 'hash of the link' })],
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
    ...['magic_links', 'user_sessions'].flatMap(
      (table): [string, string, () => Promise<unknown>][] => [
        [
          `a device that showed a secret which is not there, in ${table}`,
          CHECK,
          () => queryAs(database.appUrl, `UPDATE ${table} SET device_kind = 'secret'`),
        ],
        [
          `the secret of a device that showed none, in ${table}`,
          CHECK,
          () =>
            queryAs(
              database.appUrl,
              `UPDATE ${table} SET device_kind = 'fingerprint', device_secret = 'k.secret'`,
            ),
        ],
      ],
    ),
    ['a second device of one user and secret', UNIQUE, () => insertDevice({})],
    ['a device of nobody', FOREIGN_KEY, () => insertDevice({ user: randomUUID() })],
    [
      'a device that a report has forgotten, and that is known',
      CHECK,
      () => queryAs(database.appUrl, 'UPDATE devices SET forgotten_by = id'),
    ],
    ['a second pause of one mailbox and network', UNIQUE, () => insertPause('a network')],
    [
      'a pause for no link',
      CHECK,
      () => queryAs(database.appUrl, 'UPDATE mail_pauses SET links = 0'),
    ],
  ])('%s', async (_what, code, work) => {
    await expect(work()).rejects.toMatchObject({ code });
  });

  it('nothing of what is right: several live links of one address and network, among others', async () => {
    await insertLink({});
    await insertLink({});
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
    await insertDevice({ digest: 'digest of another device' });
    const other = randomUUID();
    await insertUser({ id: other });
    await insertDevice({ user: other });
    await insertPause('another network');
  });
});

describe('Deleting a user', () => {
  it('deletes the subject of their address and their devices, and leaves the events', async () => {
    const { superuserUrl, appUrl } = await migratedDatabase();
    const [gone, stays] = [randomUUID(), randomUUID()];
    await queryAs(
      superuserUrl,
      `INSERT INTO users (id, email)
       SELECT id, id || '@example.com' FROM unnest($1::uuid[]) AS id`,
      [[gone, stays]],
    );
    await queryAs(
      superuserUrl,
      `INSERT INTO devices (id, user_id, digest)
       SELECT gen_random_uuid(), id, 'k.shared' FROM users`,
    );
    // The ids of subjects are those of their users here, so that the rest can be told by them.
    await queryAs(
      superuserUrl,
      `INSERT INTO subjects (id, tenant_id, address_digest, key_id)
       SELECT id, 'default', id, 'k' FROM users`,
    );
    await queryAs(
      superuserUrl,
      `INSERT INTO security_events (id, type, severity, user_id, subject_id)
       SELECT gen_random_uuid(), 'test', 'info', user_id, id
         FROM users, LATERAL (VALUES (id), (NULL)) AS event (user_id)`,
    );

    for (const url of [appUrl, superuserUrl]) {
      await queryAs(url, 'DELETE FROM users WHERE id = $1', [url === appUrl ? gone : randomUUID()]);
      expect(await queryAs(superuserUrl, 'SELECT id FROM subjects')).toEqual([{ id: stays }]);
    }
    expect(await queryAs(superuserUrl, 'SELECT user_id FROM devices')).toEqual([
      { user_id: stays },
    ]);
    expect(await queryAs(superuserUrl, 'SELECT FROM security_events')).toHaveLength(4);
  });
});

describe('A database of the first release', () => {
  const NEW = [
    'CreateDevices1764000011000',
    'TakeOverKnownDevices1764000012000',
    'KeepEveryLink1764000013000',
    'PartFromDeletedUsers1764000014000',
  ];
  const DAY = 86_400;
  const ADA = '00000000-0000-4000-8000-00000000000a';
  const BOB = '00000000-0000-4000-8000-00000000000b';
  const CAROL = '00000000-0000-4000-8000-00000000000c';

  let database: TestDatabase;

  const sql = <Row extends object = Record<string, unknown>>(
    text: string,
    parameters: unknown[] = [],
  ): Promise<Row[]> => queryAs<Row>(database.superuserUrl, text, parameters);

  const revertNew = async (): Promise<void> => {
    for (const name of [...NEW].reverse()) {
      await expect(revertMigration(settingsFor(database))).resolves.toBe(name);
    }
  };

  /** A session as the first release writes it; times in days before now. */
  const insertSession = async (session: {
    user?: string;
    fingerprint: string | null;
    created?: number;
    used?: number;
    remembered?: boolean;
    ended?: string;
  }): Promise<void> => {
    await sql(
      `INSERT INTO user_sessions
              (id, user_id, session_token_hash, ip_address, user_agent, auth_method, key_id,
               expires_at, device_fingerprint, created_at, last_accessed_at, remember_device,
               is_active, revoked_at, revoked_reason)
       VALUES ($1, $2, $1::uuid::text, '192.0.2.1', 'Firefox', 'magic_link', 'k',
               now() + interval '1 hour', $3, now() - make_interval(secs => $4),
               now() - make_interval(secs => $5), $6, $7::text IS NULL,
               CASE WHEN $7::text IS NOT NULL THEN now() END, $7)`,
      [
        randomUUID(),
        session.user ?? ADA,
        session.fingerprint,
        (session.created ?? 10) * DAY,
        (session.used ?? 1) * DAY,
        session.remembered ?? false,
        session.ended ?? null,
      ],
    );
  };

  /** A pending link as the first release writes it. @returns its id. */
  const insertLink = async (email: string, minutesAgo: number): Promise<string> => {
    const id = randomUUID();
    await sql(
      `INSERT INTO magic_links (id, email, token_hash, ip_address, client_network, key_id,
                                device_fingerprint, created_at, expires_at)
       VALUES ($1, $2, $1::uuid::text, '192.0.2.1', '192.0.2.1/32', 'k', 'k.pending',
               now() - make_interval(mins => $3), now() + interval '5 minutes')`,
      [id, email, minutesAgo],
    );
    return id;
  };

  /** Every row of the tables that both releases have, with the columns of the first. */
  const rowsOfBefore = async (): Promise<object> => {
    const added = [
      'device_kind',
      'device_secret',
      'device_id',
      'reported_at',
      'reported_by_mail',
      'device_was_known',
      'last_ip_address',
      'last_user_agent',
      'network_changed_at',
    ];
    const rows = async (table: string): Promise<unknown[]> =>
      (
        await sql<{ row: unknown }>(
          `SELECT to_jsonb(t) - $1::text[] AS row FROM ${table} t ORDER BY id`,
          [added],
        )
      ).map(({ row }) => row);
    return {
      users: await rows('users'),
      links: await rows('magic_links'),
      sessions: await rows('user_sessions'),
      events: await rows('security_events'),
    };
  };

  beforeEach(async () => {
    database = await migratedDatabase();
    await revertNew();
    await sql(
      `INSERT INTO users (id, email, created_at, last_login_at, trusted_device_ids)
       VALUES ($1, 'ada@example.com', now() - interval '30 days', now() - interval '2 days',
               ARRAY['k.remembered', 'k.remembered long ago', 'k.remembered, then lost']),
              ($2, 'bob@example.com', now(), NULL, '{}'),
              ($3, 'carol@example.com', now(), NULL, '{}')`,
      [ADA, BOB, CAROL],
    );
  });

  it('keeps its rows, and what they lack is not made up', async () => {
    await insertSession({ fingerprint: 'k.used' });
    await insertSession({ fingerprint: null });
    await insertSession({ fingerprint: 'k.left', ended: 'logout' });
    await insertLink('ada@example.com', 5);
    await sql(
      `INSERT INTO security_events (id, type, severity, user_id)
       VALUES (gen_random_uuid(), 'session.created', 'info', $1)`,
      [ADA],
    );
    const before = await rowsOfBefore();

    await expect(migrate(settingsFor(database))).resolves.toEqual(NEW);
    expect(await rowsOfBefore()).toEqual(before);
    expect(
      await sql(
        `SELECT DISTINCT device_kind, device_secret, device_id, reported_at FROM magic_links`,
      ),
    ).toEqual([{ device_kind: null, device_secret: null, device_id: null, reported_at: null }]);
    expect(
      await sql(
        `SELECT DISTINCT device_kind, device_secret, device_id, device_was_known, last_ip_address,
                         last_user_agent, network_changed_at
           FROM user_sessions WHERE device_id IS NULL`,
      ),
    ).toEqual([
      {
        device_kind: null,
        device_secret: null,
        device_id: null,
        device_was_known: null,
        last_ip_address: null,
        last_user_agent: null,
        network_changed_at: null,
      },
    ]);
    expect(await sql('SELECT FROM mail_pauses')).toEqual([]);
    // The one that goes on, on a device that is known: ending it from elsewhere forgets that.
    expect(
      await sql(
        `SELECT session.device_fingerprint, session.is_active, device.digest
           FROM user_sessions session JOIN devices device ON device.id = session.device_id`,
      ),
    ).toEqual([{ device_fingerprint: 'k.used', is_active: true, digest: 'k.used' }]);
  });

  it('has its devices known: those of the last 90 days that nobody had reason to forget', async () => {
    await insertSession({ fingerprint: 'k.used', created: 40, used: 3 });
    await insertSession({ fingerprint: 'k.used', created: 10, used: 1 });
    await insertSession({ fingerprint: 'k.remembered', created: 20, used: 5, remembered: true });
    await insertSession({ fingerprint: 'k.used long ago', created: 100, used: 91 });
    await insertSession({ fingerprint: 'k.ended from elsewhere', ended: 'user_request' });
    await insertSession({ fingerprint: 'k.reported', ended: 'reported' });
    await insertSession({ fingerprint: 'k.left', ended: 'logout' });
    await insertSession({ fingerprint: 'k.left, remembered', remembered: true, ended: 'logout' });
    await insertSession({ fingerprint: 'k.one too many', ended: 'session_cap' });
    for (const ended of ['user_request', 'reported', 'logout', 'first_mailbox_proof']) {
      await insertSession({ fingerprint: `k.expired, then ${ended}`, created: 60, used: 59 });
      await insertSession({ fingerprint: `k.expired, then ${ended}`, created: 5, ended });
    }
    await insertSession({ fingerprint: 'k.remembered, then lost', remembered: true, created: 60 });
    await insertSession({ fingerprint: 'k.remembered, then lost', ended: 'user_request' });
    await insertSession({ fingerprint: null });
    await insertSession({ user: BOB, fingerprint: 'k.used', created: 8, used: 7 });
    for (let index = 1; index <= 25; index += 1) {
      await insertSession({
        user: CAROL,
        fingerprint: `k.${index.toString()}`,
        created: index,
        used: index,
      });
    }

    await migrate(settingsFor(database));

    const devices = await sql<{ user_id: string; digest: string; first: number; last: number }>(
      `SELECT user_id, digest, round(extract(epoch FROM now() - first_seen_at) / 86400)::integer AS first,
              round(extract(epoch FROM now() - last_seen_at) / 86400)::integer AS last
         FROM devices WHERE forgotten_at IS NULL AND forgotten_by IS NULL
        ORDER BY user_id, digest COLLATE "C"`,
    );
    const device = (user: string, digest: string, first: number, last: number): object => ({
      user_id: user,
      digest,
      first,
      last,
    });
    expect(devices.filter(({ user_id: user }) => user !== CAROL)).toEqual([
      device(ADA, 'k.left, remembered', 10, 1),
      device(ADA, 'k.one too many', 10, 1),
      device(ADA, 'k.remembered', 30, 2),
      device(ADA, 'k.remembered long ago', 30, 2),
      device(ADA, 'k.used', 40, 1),
      device(BOB, 'k.used', 8, 7),
    ]);
    // An account knows 20; those that were used last stay.
    const carols = devices.filter(({ user_id: user }) => user === CAROL).map(({ last }) => last);
    expect(carols.toSorted((a, b) => a - b)).toEqual(Array.from({ length: 20 }, (_, n) => n + 1));
    expect(await sql('SELECT FROM devices')).toHaveLength(26);
  });

  it('has users parted from their subjects who were deleted before', async () => {
    const insertSubject = async (of: string, users: (string | null)[]): Promise<void> => {
      await sql(
        `WITH subject AS (
           INSERT INTO subjects (id, tenant_id, address_digest, key_id)
           VALUES (gen_random_uuid(), 'default', $1, 'k') RETURNING id
         )
         INSERT INTO security_events (id, type, severity, user_id, subject_id)
         SELECT gen_random_uuid(), 'test', 'info', user_id, subject.id
           FROM subject, unnest($2::uuid[]) AS user_id`,
        [of, users],
      );
    };
    await insertSubject('deleted', [randomUUID(), null]);
    await insertSubject('deleted as well', [randomUUID()]);
    await insertSubject('ada', [ADA, null]);
    await insertSubject('nobody, who asked for a link', [null]);

    await migrate(settingsFor(database));

    const left = await sql('SELECT address_digest AS of FROM subjects ORDER BY 1');
    expect(left).toEqual([{ of: 'ada' }, { of: 'nobody, who asked for a link' }]);
    expect(await sql('SELECT FROM security_events')).toHaveLength(6);
  });

  it('can be gone back to, and forward again: what the previous release cannot judge ends', async () => {
    await insertSession({ fingerprint: 'k.used' });
    await migrate(settingsFor(database));
    const schema = await describeSchema(database.superuserUrl);
    for (const [kind, secret] of [
      ['secret', 'k.secret'],
      ['fingerprint', null],
      ['none', null],
    ]) {
      await sql(
        `INSERT INTO user_sessions (id, user_id, session_token_hash, ip_address, user_agent,
                                    auth_method, key_id, expires_at, device_kind, device_secret)
         VALUES (gen_random_uuid(), $1, $2, '192.0.2.1', $3::text, 'magic_link', 'k',
                 now() + interval '1 hour', $3::text, $4)`,
        [ADA, `hash of ${kind ?? ''}`, kind, secret],
      );
    }
    const older = await insertLink('ada@example.com', 5);
    const newer = await insertLink('ada@example.com', 2);
    const others = await insertLink('bob@example.com', 5);

    await revertNew();

    const sessions = await sql(
      'SELECT user_agent, is_active, revoked_reason FROM user_sessions ORDER BY user_agent',
    );
    expect(sessions).toEqual([
      { user_agent: 'Firefox', is_active: true, revoked_reason: null },
      { user_agent: 'fingerprint', is_active: true, revoked_reason: null },
      { user_agent: 'none', is_active: true, revoked_reason: null },
      { user_agent: 'secret', is_active: false, revoked_reason: 'reverted' },
    ]);
    const told = await sql('SELECT session_token_hash AS hash FROM session_revocations');
    expect(told).toEqual([{ hash: 'hash of secret' }]);
    const live = await sql<{ id: string }>(
      'SELECT id FROM magic_links WHERE superseded_at IS NULL',
    );
    expect(live.map(({ id }) => id).toSorted()).toEqual([newer, others].toSorted());
    const back = await rowsOfBefore();

    await expect(migrate(settingsFor(database))).resolves.toEqual(NEW);
    expect(await describeSchema(database.superuserUrl)).toEqual(schema);
    expect(await rowsOfBefore()).toEqual(back);
    expect(await sql('SELECT FROM magic_links WHERE id = $1', [older])).toHaveLength(1);
  });
});
