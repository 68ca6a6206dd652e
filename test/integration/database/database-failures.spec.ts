import type { DataSource } from 'typeorm';

import { UnavailableError } from '../../../src/common/errors';
import { Database } from '../../../src/database/database.service';
import { createDataSource } from '../../../src/database/driver/data-source';
import { createTestDatabase, type TestDatabase } from '../../support/postgres/database';
import { queryAs } from '../../support/postgres/query-as';
import { TcpProxy } from '../../support/postgres/tcp-proxy';

const NOTE = 'INSERT INTO rate_limits (key, expires_at) VALUES ($1, now())';

let testDatabase: TestDatabase;
let proxy: TcpProxy;
let dataSource: DataSource;
let database: Database;
let lostConnections: unknown[];

beforeAll(async () => {
  testDatabase = await createTestDatabase();
});
afterAll(() => testDatabase.drop());

beforeEach(async () => {
  lostConnections = [];
  proxy = await TcpProxy.open(testDatabase.appUrl);
  dataSource = await open(proxy.url, 2);
  database = new Database(dataSource);
});
afterEach(async () => {
  await proxy.close();
  await dataSource.destroy();
  await queryAs(testDatabase.superuserUrl, 'TRUNCATE rate_limits');
});

function open(url: string, poolSize: number): Promise<DataSource> {
  return createDataSource({
    url,
    ssl: false,
    poolSize,
    entities: [],
    onConnectionLost: (error) => lostConnections.push(error),
  }).initialize();
}

const answer = (): Promise<{ one: number }[]> => database.query('SELECT 1 AS one');

/** More than the pool holds, at once: a connection that leaked would make one of them wait. */
const expectWholePool = async (): Promise<void> => {
  await expect(
    Promise.all(Array.from({ length: 6 }, () => database.transaction(() => answerOf('SELECT 1')))),
  ).resolves.toHaveLength(6);
};
const answerOf = (sql: string): Promise<object[]> => queryAs(testDatabase.appUrl, sql);

const notes = async (): Promise<string[]> => {
  const sql = 'SELECT key FROM rate_limits ORDER BY key';
  return (await queryAs<{ key: string }>(testDatabase.superuserUrl, sql)).map(({ key }) => key);
};

/** Ends all connections of the service, as an administrator or a restart does. */
const terminate = (): Promise<object[]> =>
  queryAs(
    testDatabase.superuserUrl,
    `SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity
      WHERE datname = current_database() AND application_name = 'mira-auth'`,
  );

describe('A transaction', () => {
  it('commits what it did, and answers with what its work returned', async () => {
    const result = await database.transaction(async (transaction) => {
      await transaction.query(NOTE, ['a']);
      return 'done';
    });
    expect(result).toBe('done');
    expect(await notes()).toEqual(['a']);
  });

  it('undoes all that it did when its work throws, and throws just that', async () => {
    const failure = new Error('a bug');
    const work = database.transaction(async (transaction) => {
      await transaction.query(NOTE, ['a']);
      throw failure;
    });
    await expect(work).rejects.toBe(failure);
    expect(await notes()).toEqual([]);
    await expectWholePool();
  });

  it('undoes all that it did when one of its statements fails', async () => {
    const work = database.transaction(async (transaction) => {
      await transaction.query(NOTE, ['a']);
      await transaction.query(NOTE, ['a']);
    });
    await expect(work).rejects.toMatchObject({ code: '23505' });
    expect(await notes()).toEqual([]);
    await expectWholePool();
  });

  it('sees what others commit meanwhile, as READ COMMITTED does', async () => {
    const seen = await database.transaction(async (transaction) => {
      const count = 'SELECT count(*)::int AS count FROM rate_limits';
      const before = await transaction.query<{ count: number }>(count);
      await database.query(NOTE, ['meanwhile']);
      return [...before, ...(await transaction.query<{ count: number }>(count))];
    });
    expect(seen).toEqual([{ count: 0 }, { count: 1 }]);
  });

  it('waits for a connection: 50 at once on a pool of two all finish, without a deadlock', async () => {
    const work = Array.from({ length: 50 }, (_, index) =>
      database.transaction(async (transaction) => {
        await transaction.query(NOTE, [index.toString().padStart(2, '0')]);
        await transaction.query('SELECT pg_sleep(0.005)');
      }),
    );
    await expect(Promise.all(work)).resolves.toHaveLength(50);
    expect(await notes()).toHaveLength(50);
    expect(proxy.connections).toBeLessThanOrEqual(2);
  });
});

describe('A connection that is ended', () => {
  it('between two statements of a transaction: unavailable, nothing kept, and the pool recovers', async () => {
    const work = database.transaction(async (transaction) => {
      await transaction.query(NOTE, ['a']);
      await terminate();
      await transaction.query(NOTE, ['b']);
    });
    await expect(work).rejects.toBeInstanceOf(UnavailableError);
    expect(await notes()).toEqual([]);
    await expectWholePool();
  });

  it('during a statement: unavailable, and the pool recovers', async () => {
    const work = database.transaction(async (transaction) => {
      await transaction.query(NOTE, ['a']);
      await Promise.all([transaction.query('SELECT pg_sleep(30)'), terminate()]);
    });
    await expect(work).rejects.toBeInstanceOf(UnavailableError);
    expect(await notes()).toEqual([]);
    await expectWholePool();
  });

  it('before the commit: unavailable, and nothing is kept', async () => {
    const work = database.transaction(async (transaction) => {
      await transaction.query(NOTE, ['a']);
      await terminate();
    });
    await expect(work).rejects.toBeInstanceOf(UnavailableError);
    expect(await notes()).toEqual([]);
    await expectWholePool();
  });

  it('hides nothing: what the work throws of its own reaches the caller', async () => {
    const work = database.transaction(async (transaction) => {
      await transaction.query(NOTE, ['a']);
      proxy.cut();
      await transaction.query(NOTE, ['b']).catch(() => {
        throw new Error('a bug');
      });
    });
    await expect(work).rejects.toThrow('a bug');
    expect(await notes()).toEqual([]);
    await expectWholePool();
  });

  it('while nobody uses it: said to the host, and the next statement takes another', async () => {
    await answer();
    await terminate();
    await expectWholePool();
    await expect(answer()).resolves.toEqual([{ one: 1 }]);
    expect(lostConnections.length).toBeGreaterThan(0);
  });

  it('by idling within a transaction for longer than the server allows: unavailable', async () => {
    const work = database.transaction(async (transaction) => {
      await transaction.query("SET LOCAL idle_in_transaction_session_timeout = '50ms'");
      await transaction.query(NOTE, ['a']);
      await queryAs(testDatabase.superuserUrl, 'SELECT pg_sleep(0.3)');
      await transaction.query(NOTE, ['b']);
    });
    await expect(work).rejects.toBeInstanceOf(UnavailableError);
    expect(await notes()).toEqual([]);
    await expectWholePool();
  });
});

describe('A server that is gone', () => {
  it('makes everything unavailable at once, and all is well when it is back', async () => {
    await answer();
    await proxy.close();
    for (let attempt = 0; attempt < 5; attempt += 1) {
      await expect(answer()).rejects.toBeInstanceOf(UnavailableError);
      await expect(database.transaction(() => answer())).rejects.toBeInstanceOf(UnavailableError);
    }
    proxy = await TcpProxy.open(testDatabase.appUrl, proxy.port);
    await expect(answer()).resolves.toEqual([{ one: 1 }]);
    await expectWholePool();
  });
});
