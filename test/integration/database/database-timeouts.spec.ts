import { UnavailableError } from '../../../src/common/errors';
import { Database, type Transaction } from '../../../src/database/database.service';
import { createDataSource } from '../../../src/database/driver/data-source';
import { createTestDatabase, type TestDatabase } from '../../support/postgres/database';
import { queryAs } from '../../support/postgres/query-as';
import { TcpProxy } from '../../support/postgres/tcp-proxy';
import { waitFor } from '../../support/wait-for';

const NOTE = 'INSERT INTO rate_limits (key, expires_at) VALUES ($1, now())';

let testDatabase: TestDatabase;

beforeAll(async () => {
  testDatabase = await createTestDatabase();
});
afterAll(() => testDatabase.drop());

interface Pool {
  readonly database: Database;
  readonly proxy: TcpProxy;
  readonly lostConnections: unknown[];
}

/** Each of these tests waits for seconds, so that they run at once, with a pool of their own. */
async function withPool(poolSize: number, work: (pool: Pool) => Promise<void>): Promise<void> {
  const proxy = await TcpProxy.open(testDatabase.appUrl);
  const lostConnections: unknown[] = [];
  const dataSource = await createDataSource({
    url: proxy.url,
    ssl: false,
    poolSize,
    entities: [],
    onConnectionLost: (error) => lostConnections.push(error),
  }).initialize();
  try {
    await work({ database: new Database(dataSource), proxy, lostConnections });
  } finally {
    await proxy.close();
    await dataSource.destroy();
  }
}

const answer = (database: Database): Promise<{ one: number }[]> =>
  database.query('SELECT 1 AS one');

/** More than the pool holds, at once: a connection that leaked would make one of them wait. */
async function expectRecovery(database: Database): Promise<void> {
  const answers = Array.from({ length: 12 }, () =>
    database.transaction((transaction) => transaction.query('SELECT 1')),
  );
  await expect(Promise.all(answers)).resolves.toHaveLength(12);
}

async function secondsUntilUnavailable(work: Promise<unknown>): Promise<number> {
  const started = performance.now();
  await expect(work).rejects.toBeInstanceOf(UnavailableError);
  return (performance.now() - started) / 1_000;
}

/** A promise and the way to fulfil it. */
function signal(): { readonly given: Promise<void>; give: () => void } {
  let give = (): void => undefined;
  const given = new Promise<void>((resolve) => (give = resolve));
  return { given, give: () => give() };
}

it.concurrent('a statement that takes too long is ended by the server', () =>
  withPool(2, async ({ database }) => {
    const seconds = await secondsUntilUnavailable(database.query('SELECT pg_sleep(30)'));
    expect(seconds).toBeGreaterThan(4.5);
    expect(seconds).toBeLessThan(5.9);
    await expectRecovery(database);
  }),
);

it.concurrent('a statement that waits for a lock is ended sooner', () =>
  withPool(2, async ({ database }) => {
    const locked = signal();
    const release = signal();
    const holder = database.transaction(async (transaction) => {
      await transaction.query('LOCK TABLE subjects IN ACCESS EXCLUSIVE MODE');
      locked.give();
      await release.given;
    });
    await locked.given;
    const seconds = await secondsUntilUnavailable(database.query('SELECT FROM subjects'));
    expect(seconds).toBeLessThan(4.5);
    release.give();
    await holder;
    await expectRecovery(database);
  }),
);

it.concurrent('whoever finds no free connection is told after three seconds', () =>
  withPool(2, async ({ database }) => {
    const release = signal();
    const holders = [1, 2].map(() => database.transaction(() => release.given));
    const seconds = await secondsUntilUnavailable(answer(database));
    expect(seconds).toBeLessThan(4.5);
    release.give();
    await Promise.all(holders);
    await expectRecovery(database);
  }),
);

it.concurrent(
  'F6: a black hole holds what is under way for seconds only, and the pool recovers',
  () =>
    withPool(4, async ({ database, proxy }) => {
      let begun = 0;
      const allBegun = signal();
      const begin = async (key: string, transaction: Transaction): Promise<void> => {
        await transaction.query(NOTE, [key]);
        begun += 1;
        if (begun === 3) allBegun.give();
        await allBegun.given;
        proxy.stall();
      };
      const holders = [
        database.transaction(async (transaction) => {
          await begin('statement', transaction);
          await transaction.query(NOTE, ['second']);
        }),
        database.transaction((transaction) => begin('commit', transaction)),
        database.transaction(async (transaction) => {
          await begin('roll-back', transaction);
          throw new UnavailableError(7);
        }),
      ];
      await allBegun.given;
      const waiting = Array.from({ length: 8 }, () => answer(database));
      const all = await Promise.all([...holders, ...waiting].map(secondsUntilUnavailable));
      expect(Math.max(...all)).toBeLessThan(8);

      proxy.resume();
      await expectRecovery(database);
      const rows = await queryAs<{ key: string }>(
        testDatabase.superuserUrl,
        'SELECT key FROM rate_limits',
      );
      // A commit that was on its way may have happened: that is what nobody knows.
      expect(rows.map(({ key }) => key).filter((key) => key !== 'commit')).toEqual([]);
    }),
);

it.concurrent(
  'F6: a black hole holds new connections for seconds only, and lets them in later',
  () =>
    withPool(2, async ({ database, proxy, lostConnections }) => {
      await answer(database);
      proxy.stall();
      proxy.cut();
      await waitFor('the loss of the connection', () => lostConnections[0]);
      const seconds = await secondsUntilUnavailable(answer(database));
      expect(seconds).toBeLessThan(4.5);
      proxy.resume();
      await expectRecovery(database);
    }),
);
