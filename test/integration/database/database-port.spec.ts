import { Client } from 'pg';
import type { DataSource } from 'typeorm';

import { Database } from '../../../src/database/database.service';
import { createDataSource } from '../../../src/database/driver/data-source';
import { named } from '../../../src/database/named-sql';
import { createTestDatabase, type TestDatabase } from '../../support/postgres/database';
import { queryAs } from '../../support/postgres/query-as';

const NOTE = 'INSERT INTO rate_limits (key, expires_at) VALUES ($1, now())';
const DELETE_ALL = 'DELETE FROM rate_limits';

let testDatabase: TestDatabase;
let dataSource: DataSource;
let database: Database;

beforeAll(async () => {
  testDatabase = await createTestDatabase();
  dataSource = await createDataSource({
    url: testDatabase.appUrl,
    ssl: false,
    poolSize: 1,
    entities: [],
  }).initialize();
  database = new Database(dataSource);
});
afterEach(() => queryAs(testDatabase.superuserUrl, 'TRUNCATE rate_limits'));
afterAll(async () => {
  await dataSource.destroy();
  await testDatabase.drop();
});

const notes = async (): Promise<string[]> => {
  const sql = 'SELECT key FROM rate_limits ORDER BY key';
  return (await queryAs<{ key: string }>(testDatabase.superuserUrl, sql)).map(({ key }) => key);
};

describe('queryOne', () => {
  it('gives the row, outside and inside a transaction', async () => {
    await expect(database.queryOne('SELECT 5 AS five')).resolves.toEqual({ five: 5 });
    await database.transaction(async (transaction) => {
      await expect(transaction.queryOne('SELECT 5 AS five')).resolves.toEqual({ five: 5 });
    });
  });

  it('names the statement that returned no row', async () => {
    const none = named('note.findNone', 'SELECT key FROM rate_limits WHERE false');
    await expect(database.queryOne(none)).rejects.toThrow(
      'note.findNone returned no row, where one was expected',
    );
    await expect(database.transaction((transaction) => transaction.queryOne(none))).rejects.toThrow(
      'note.findNone returned no row',
    );
  });
});

describe('modify', () => {
  it('counts what was inserted, changed and deleted', async () => {
    await expect(database.modify(NOTE, ['a'])).resolves.toBe(1);
    await database.transaction(async (transaction) => {
      const [inserted, again, changed, deleted, none] = await Promise.all([
        transaction.modify(NOTE, ['b']),
        transaction.modify(`${NOTE} ON CONFLICT DO NOTHING`, ['b']),
        transaction.modify('UPDATE rate_limits SET refused_at = now()'),
        transaction.modify(DELETE_ALL),
        transaction.modify(DELETE_ALL),
      ]);
      expect([inserted, again, changed, deleted, none]).toEqual([1, 0, 2, 2, 0]);
    });
  });
});

describe('A savepoint', () => {
  it('lets what came after it be undone alone, and costs no round trip', async () => {
    const roundTrips = jest.spyOn(Client.prototype, 'query');
    const seen = await database.transaction(async (transaction) => {
      transaction.execute(NOTE, ['before']);
      const savepoint = transaction.savepoint();
      await transaction.query(NOTE, ['undone']);
      savepoint.rollback();
      transaction.execute(NOTE, ['after']);
      return transaction.query('SELECT key FROM rate_limits ORDER BY key');
    });
    expect(seen).toEqual([{ key: 'after' }, { key: 'before' }]);
    // The two that are awaited, and COMMIT.
    expect(roundTrips).toHaveBeenCalledTimes(3);
    jest.restoreAllMocks();
    expect(await notes()).toEqual(['after', 'before']);
  });

  it('keeps what came after it where it is not rolled back', async () => {
    await database.transaction(async (transaction) => {
      transaction.savepoint();
      await transaction.query(NOTE, ['a']);
    });
    expect(await notes()).toEqual(['a']);
  });

  it('can be one of several, and goes with everything when the work throws', async () => {
    await database.transaction(async (transaction) => {
      const outer = transaction.savepoint();
      await transaction.query(NOTE, ['a']);
      const inner = transaction.savepoint();
      await transaction.query(NOTE, ['b']);
      inner.rollback();
      await transaction.query(NOTE, ['c']);
      outer.rollback();
      await transaction.query(NOTE, ['d']);
    });
    expect(await notes()).toEqual(['d']);

    const failure = new Error('a bug');
    const work = database.transaction(async (transaction) => {
      transaction.savepoint();
      await transaction.query(NOTE, ['e']);
      throw failure;
    });
    await expect(work).rejects.toBe(failure);
    expect(await notes()).toEqual(['d']);
  });

  it('does not hide a statement that failed: the transaction fails as a whole', async () => {
    const work = database.transaction(async (transaction) => {
      await transaction.query(NOTE, ['a']);
      const savepoint = transaction.savepoint();
      await transaction.query(NOTE, ['a']).catch(() => undefined);
      savepoint.rollback();
    });
    await expect(work).rejects.toMatchObject({ code: '23505' });
    expect(await notes()).toEqual([]);
  });

  it('gives back the locks that were taken after it', async () => {
    const lock = 'SELECT pg_advisory_xact_lock(7)';
    const isFree = 'SELECT pg_try_advisory_xact_lock(7) AS is_free';
    await database.transaction(async (transaction) => {
      const savepoint = transaction.savepoint();
      await transaction.query(lock);
      await expect(queryAs(testDatabase.appUrl, isFree)).resolves.toEqual([{ is_free: false }]);
      savepoint.rollback();
      await transaction.query('SELECT 1');
      await expect(queryAs(testDatabase.appUrl, isFree)).resolves.toEqual([{ is_free: true }]);
    });
  });
});

describe('A named statement', () => {
  const preparedAs = (pattern: string): Promise<{ name: string; statement: string }[]> =>
    database.query('SELECT name, statement FROM pg_prepared_statements WHERE name LIKE $1', [
      pattern,
    ]);

  it('is found by its name in what the server keeps prepared, and in its own text', async () => {
    await database.query(named('note.findAll', 'SELECT key FROM rate_limits'));
    expect(await preparedAs('mira_note.findAll%')).toEqual([
      {
        name: expect.stringMatching(/^mira_note\.findAll_[0-9a-f]{8}_0$/),
        // Behind the first word, because pg_stat_statements leaves out what stands in front of it.
        statement: 'SELECT /* note.findAll */ key FROM rate_limits',
      },
    ]);
  });

  it('has a name for each of its texts', async () => {
    const [first, second] = [1, 2].map((n) => named('note.pick', `SELECT ${n.toString()} AS n`));
    await expect(database.query(first!)).resolves.toEqual([{ n: 1 }]);
    await expect(database.query(second!)).resolves.toEqual([{ n: 2 }]);
    expect(new Set((await preparedAs('mira_note.pick%')).map(({ name }) => name)).size).toBe(2);
  });

  it('never runs the text of another one that shares its connection and its name', async () => {
    const other = new Database(dataSource);
    const [one, two] = [3, 4].map((n) => named('note.share', `SELECT ${n.toString()} AS n`));
    await database.query(one!);
    await expect(other.query(two!)).resolves.toEqual([{ n: 4 }]);
    await expect(database.query(two!)).resolves.toEqual([{ n: 4 }]);
    await expect(other.query(one!)).resolves.toEqual([{ n: 3 }]);
  });

  it.each(['find', 'Note.find', 'note.find all', `note.${'x'.repeat(60)}`])(
    'is refused under the name %s',
    (name) => {
      expect(() => named(name, `SELECT '${name}'`)).toThrow(TypeError);
    },
  );
});
