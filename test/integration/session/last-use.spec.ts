import { MailboxMailer } from '../../../src/app/development/mailbox.mailer';
import { SystemClock } from '../../../src/common/clock';
import { askHost, HostModule } from '../../support/http/guarded-route';
import { createTestDatabase, type TestDatabase } from '../../support/postgres/database';
import { waitForLockWaits } from '../../support/postgres/lock-waits';
import { PostgresProxy } from '../../support/postgres/postgres-proxy';
import { expectProblem } from '../../support/problem';
import type { SignedIn } from '../../support/sign-in/sign-in-flow';
import { startTestService, type TestService } from '../../support/test-service';
import { waitFor } from '../../support/wait-for';

const IDLE_SECONDS = 3;

let database: TestDatabase;
let proxy: PostgresProxy;
/** Two instances where sessions end by idling; the first one's database can be kept from it. */
let here: TestService;
let elsewhere: TestService;

/** Instances on one database deliver each other's mail. */
const mailbox = new MailboxMailer(new SystemClock());

const start = async (url: string, idleTimeoutSeconds = IDLE_SECONDS): Promise<TestService> =>
  startTestService({
    database,
    mailbox,
    imports: [HostModule],
    options: { database: { url }, session: { idleTimeoutSeconds } },
  });

beforeAll(async () => {
  database = await createTestDatabase();
  proxy = await PostgresProxy.open(database.appUrl);
  here = await start(proxy.url);
  elsewhere = await start(database.appUrl);
});

afterAll(async () => {
  await elsewhere.stop();
  await here.stop();
  await proxy.close();
  await database.drop();
});

/** Milliseconds by the database's clock since a session's use was last written down. */
async function writtenAgo({ sessionId }: SignedIn): Promise<number> {
  const [row] = await elsewhere.sql<{ ago: number }>(
    `SELECT extract(epoch FROM clock_timestamp() - last_accessed_at)::float8 * 1000 AS ago
       FROM user_sessions WHERE id = $1`,
    [sessionId],
  );
  return row?.ago ?? NaN;
}

/** Uses a session here until something has happened. */
async function useUntil(session: SignedIn, isOver: () => boolean): Promise<void> {
  await waitFor('the end of its use', async () => {
    expect((await askHost(here, session)).status).toBe(200);
    return isOver() ? true : undefined;
  });
}

it('a session that is used on one instance does not end by idling on another', async () => {
  const session = await here.signIn('used@example.com');
  const begun = performance.now();
  await useUntil(session, () => performance.now() - begun > (IDLE_SECONDS + 0.5) * 1_000);
  expect((await askHost(elsewhere, session)).status).toBe(200);
  expect(await writtenAgo(session)).toBeLessThan((IDLE_SECONDS * 1_000) / 2);
});

it('a session that is used nowhere ends everywhere, also where it was in memory', async () => {
  const session = await here.signIn('idle@example.com');
  await useUntil(session, () => true);
  const used = performance.now();
  await waitFor('the idle time-out', async () =>
    performance.now() - used > IDLE_SECONDS * 1_000 ? true : undefined,
  );
  expectProblem(await askHost(here, session), 'session_expired');
  expectProblem(await askHost(elsewhere, session), 'session_expired');
});

it('uses are written together, however many sessions there are', async () => {
  const sessions = await Promise.all(
    Array.from({ length: 8 }, (_, index) => here.signIn(`many-${index.toString()}@example.com`)),
  );
  await elsewhere.sql(`UPDATE user_sessions SET last_accessed_at = now() - interval '1 s'`);
  await Promise.all(sessions.map((session) => askHost(here, session)));
  await waitFor('all uses to be written', async () => {
    const late = await elsewhere.sql(
      `SELECT FROM user_sessions
        WHERE id = ANY ($1) AND last_accessed_at < clock_timestamp() - interval '1 s'`,
      [sessions.map(({ sessionId }) => sessionId)],
    );
    return late.length === 0 ? true : undefined;
  });
  const writes = await elsewhere.sql(
    `SELECT DISTINCT last_accessed_at, xmin::text FROM user_sessions WHERE id = ANY ($1)`,
    [sessions.map(({ sessionId }) => sessionId)],
  );
  const transactions = new Set(writes.map((row) => row['xmin']));
  expect(transactions.size).toBeLessThan(sessions.length);
});

it('a session does not end by idling while its use is being written', async () => {
  const session = await here.signIn('flushed@example.com');
  await elsewhere.sql(
    'UPDATE user_sessions SET last_accessed_at = now() - make_interval(secs => $2) WHERE id = $1',
    [session.sessionId, IDLE_SECONDS - 1],
  );
  await elsewhere.sql('BEGIN; LOCK TABLE user_sessions IN SHARE MODE');
  try {
    expect((await askHost(here, session)).status).toBe(200);
    await waitFor('the row to be too old', async () =>
      (await writtenAgo(session)) > IDLE_SECONDS * 1_000 ? true : undefined,
    );
    await waitForLockWaits((text) => here.sql(text));
    const answer = await here.http.get('/auth/session').set(session.headers);
    expect(answer.status).toBe(200);
  } finally {
    await elsewhere.sql('ROLLBACK');
  }
});

it('a use that could not be written is written when it can be', async () => {
  const session = await here.signIn('later@example.com');
  await elsewhere.sql(
    `UPDATE user_sessions SET last_accessed_at = now() - interval '1 s' WHERE id = $1`,
    [session.sessionId],
  );
  await elsewhere.sql('BEGIN');
  // Everybody may read, nobody may write.
  await elsewhere.sql('LOCK TABLE user_sessions IN SHARE MODE');
  const used = performance.now();
  await useUntil(session, () => true);
  await waitFor('a failure', () =>
    // Nest's logger is the process's: that of the instance that was started last.
    elsewhere.logger.lines.find((line) => line.includes('could not be written down')),
  );
  await elsewhere.sql('ROLLBACK');
  await waitFor('the use to be written', async () =>
    (await writtenAgo(session)) < performance.now() - used + 100 ? true : undefined,
  );
});

it('the last uses are written when an instance stops', async () => {
  const slow = await start(database.appUrl, 0);
  const session = await slow.signIn('stopped@example.com');
  await elsewhere.sql(
    `UPDATE user_sessions SET last_accessed_at = now() - interval '1 hour' WHERE id = $1`,
    [session.sessionId],
  );
  expect((await askHost(slow, session)).status).toBe(200);
  await slow.stop();
  expect(await writtenAgo(session)).toBeLessThan(60_000);
});
