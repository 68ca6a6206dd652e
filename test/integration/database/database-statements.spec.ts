import { Client } from 'pg';
import type { DataSource } from 'typeorm';

import { UnavailableError } from '../../../src/common/errors';
import { Database, type Transaction } from '../../../src/database/database.service';
import { createDataSource } from '../../../src/database/driver/data-source';
import { createTestDatabase, type TestDatabase } from '../../support/postgres/database';
import { queryAs } from '../../support/postgres/query-as';

const NOTE = 'INSERT INTO rate_limits (key, expires_at) VALUES ($1, now())';
const COUNT = 'SELECT count(*)::int AS count FROM rate_limits';

let testDatabase: TestDatabase;
let dataSource: DataSource;
let database: Database;

beforeAll(async () => {
  testDatabase = await createTestDatabase();
});
afterAll(() => testDatabase.drop());

/** One connection only, so that every statement finds what the one before it has left. */
const open = async (preparedStatements?: boolean): Promise<void> => {
  dataSource = await createDataSource({
    url: testDatabase.appUrl,
    ssl: false,
    poolSize: 1,
    entities: [],
    ...(preparedStatements !== undefined && { preparedStatements }),
  }).initialize();
  database = new Database(dataSource);
};
beforeEach(() => open());
afterEach(async () => {
  jest.restoreAllMocks();
  await dataSource.destroy();
  await queryAs(testDatabase.superuserUrl, 'TRUNCATE rate_limits');
});

const notes = async (): Promise<string[]> => {
  const sql = 'SELECT key FROM rate_limits ORDER BY key';
  return (await queryAs<{ key: string }>(testDatabase.superuserUrl, sql)).map(({ key }) => key);
};

const preparedCount = async (): Promise<number> => {
  const sql = "SELECT count(*)::int AS count FROM pg_prepared_statements WHERE name LIKE 'mira_%'";
  return (await database.query<{ count: number }>(sql))[0]!.count;
};

describe('A transaction', () => {
  it('sends what is given together in one round trip, and the rest with COMMIT', async () => {
    const query = jest.spyOn(Client.prototype, 'query');
    const counts = await database.transaction(async (transaction) => {
      const seen = await Promise.all([
        transaction.query<{ count: number }>(COUNT),
        transaction.query(NOTE, ['a']),
        transaction.query<{ count: number }>(COUNT),
      ]);
      transaction.execute(NOTE, ['b']);
      transaction.execute(NOTE, ['c']);
      return seen;
    });
    expect(counts).toEqual([[{ count: 0 }], [], [{ count: 1 }]]);
    expect(query).toHaveBeenCalledTimes(2);
    expect(await notes()).toEqual(['a', 'b', 'c']);
  });

  it('asks the server nothing when its work does nothing', async () => {
    const query = jest.spyOn(Client.prototype, 'query');
    await expect(database.transaction(() => Promise.resolve(7))).resolves.toBe(7);
    expect(query).not.toHaveBeenCalled();
  });

  it('is not committed when a statement that nobody waited for fails beside COMMIT', async () => {
    const work = database.transaction(async (transaction) => {
      await transaction.query(NOTE, ['a']);
      transaction.execute(NOTE, ['b']);
      transaction.execute(NOTE, ['a']);
      transaction.execute(NOTE, ['c']);
    });
    await expect(work).rejects.toMatchObject({ code: '23505' });
    expect(await notes()).toEqual([]);
    await expect(database.query(COUNT)).resolves.toEqual([{ count: 0 }]);
  });

  it('fails with what its work has swallowed, and keeps nothing', async () => {
    const work = database.transaction(async (transaction) => {
      await transaction.query(NOTE, ['a']);
      await transaction.query(NOTE, ['a']).catch(() => undefined);
      await transaction.query(NOTE, ['b']).catch(() => undefined);
      return 'done';
    });
    await expect(work).rejects.toMatchObject({ code: '23505' });
    expect(await notes()).toEqual([]);
  });

  it('rejects all that was given together, when one of it fails, and runs nothing behind it', async () => {
    const outcomes = await database
      .transaction(async (transaction) => {
        const given = [['a'], ['a'], ['b']].map((values) => transaction.query(NOTE, values));
        return Promise.allSettled(given);
      })
      .catch((error: unknown) => error);
    expect(outcomes).toMatchObject({ code: '23505' });
    expect(await notes()).toEqual([]);
  });

  it('takes no statement once it has ended', async () => {
    let kept: Transaction | undefined;
    await database.transaction(async (transaction) => {
      kept = transaction;
      await transaction.query(COUNT);
    });
    expect(() => kept?.execute(NOTE, ['late'])).toThrow('the transaction has ended');
    expect(await notes()).toEqual([]);
  });

  it('runs nothing when a value cannot be sent, and its connection is of use to others', async () => {
    const server = 'SELECT pg_backend_pid() AS pid';
    const before = await database.query(server);
    const unsendable = {
      toJSON: () => {
        throw new RangeError('not to be written');
      },
    };
    const work = database.transaction(async (transaction) => {
      transaction.execute(NOTE, ['a']);
      transaction.execute(NOTE, [unsendable]);
    });
    await expect(work).rejects.toThrow('not to be written');
    expect(await notes()).toEqual([]);
    expect(await database.query(server)).toEqual(before);
  });
});

describe('Prepared statements', () => {
  it('are prepared once for each text', async () => {
    await database.query(NOTE, ['a']);
    const before = await preparedCount();
    await database.query(NOTE, ['b']);
    await Promise.all([database.query(NOTE, ['c']), database.query(NOTE, ['d'])]);
    expect(await preparedCount()).toBe(before);
    expect(await notes()).toEqual(['a', 'b', 'c', 'd']);
  });

  it('may be given twice in one round trip before the server knows them', async () => {
    await database.transaction(async (transaction) => {
      transaction.execute(NOTE, ['a']);
      transaction.execute(NOTE, ['b']);
    });
    expect(await notes()).toEqual(['a', 'b']);
  });

  it('work again after a failure, whether or not the server had prepared them', async () => {
    const first = database.transaction((transaction) =>
      Promise.all([
        transaction.query(NOTE, ['a']),
        transaction.query(NOTE, ['a']),
        transaction.query('SELECT 5 AS five'),
      ]),
    );
    await expect(first).rejects.toMatchObject({ code: '23505' });
    await expect(database.query(NOTE, ['a'])).resolves.toEqual([]);
    await expect(database.query('SELECT 5 AS five')).resolves.toEqual([{ five: 5 }]);
  });

  it('are made anew, after one 503, when a migration has changed what they return', async () => {
    const sql = 'SELECT * FROM rate_limits';
    await database.query(NOTE, ['a']);
    await database.query(sql);
    await queryAs(testDatabase.superuserUrl, 'ALTER TABLE rate_limits ADD COLUMN added integer');
    try {
      await expect(database.query(sql)).rejects.toBeInstanceOf(UnavailableError);
      await expect(database.query(sql)).resolves.toMatchObject([{ key: 'a', added: null }]);
    } finally {
      await queryAs(testDatabase.superuserUrl, 'ALTER TABLE rate_limits DROP COLUMN added');
    }
  });

  it('are not needed: turned off, nothing depends on what a connection was asked before', async () => {
    await dataSource.destroy();
    await open(false);
    expect(await preparedCount()).toBe(0);
    const both = (key: string): Promise<object[]> =>
      database.transaction(async (transaction) => {
        transaction.execute(NOTE, [key]);
        transaction.execute(NOTE, [`${key}${key}`]);
        return transaction.query(COUNT);
      });
    await expect(both('a')).resolves.toEqual([{ count: 2 }]);
    // What a pooler does between two transactions, in the end.
    await database.query('DISCARD ALL');
    await expect(both('b')).resolves.toEqual([{ count: 4 }]);
    expect(await preparedCount()).toBe(0);
  });
});
