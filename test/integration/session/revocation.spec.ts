import { Clock } from '../../../src/common/clock';
import { SessionCache } from '../../../src/session/memory/session-cache.service';
import { SessionRevocationFeed } from '../../../src/session/memory/session-revocation-feed.service';
import { BEHIND_PROXY } from '../../support/http/client';
import { askHost, HostModule } from '../../support/http/guarded-route';
import { createTestDatabase, type TestDatabase } from '../../support/postgres/database';
import { PostgresProxy } from '../../support/postgres/postgres-proxy';
import { privately } from '../../support/privately';
import { expectProblem } from '../../support/problem';
import type { SignedIn } from '../../support/sign-in/sign-in-flow';
import { startTestService, type TestService } from '../../support/test-service';
import { waitFor } from '../../support/wait-for';

/** Invariant I9: "within one second elsewhere". */
const ONE_SECOND = 1_000;

let database: TestDatabase;
/** Two instances; the second one's database can be kept from it. */
let here: TestService;
let elsewhere: TestService;
let proxy: PostgresProxy;

beforeAll(async () => {
  database = await createTestDatabase();
  proxy = await PostgresProxy.open(database.appUrl);
  const imports = [HostModule];
  here = await startTestService({ database, imports, options: BEHIND_PROXY });
  elsewhere = await startTestService({
    database,
    imports,
    mailbox: here.mailbox,
    options: { ...BEHIND_PROXY, database: { url: proxy.url }, mailWorker: false },
  });
});

afterEach(async () => {
  proxy.losesNotifications = false;
  proxy.resume();
  await leaseOf(elsewhere, 'held');
});

afterAll(async () => {
  await elsewhere.stop();
  await here.stop();
  await proxy.close();
  await database.drop();
});

const leaseOf = async (service: TestService, state: string): Promise<true> =>
  waitFor(`the lease to be ${state}`, () =>
    service.app.get(SessionRevocationFeed).state === state ? true : undefined,
  );

/** Signs in, and has both instances know the session. */
async function knownEverywhere(email: string): Promise<SignedIn> {
  const session = await here.signIn(email);
  await leaseOf(here, 'held');
  await leaseOf(elsewhere, 'held');
  for (const service of [here, elsewhere]) {
    expect((await askHost(service, session)).status).toBe(200);
  }

  return session;
}

/** An address of its own for each case. */
const addressFor = (what: string): string => `${what.replaceAll(' ', '-')}@example.com`;

/** From when on the other instance refuses a session, in milliseconds from now. */
async function refusedAfter(session: SignedIn): Promise<number> {
  const ended = performance.now();
  let asked = ended;
  await waitFor('the refusal elsewhere', async () => {
    asked = performance.now();
    const { status } = await askHost(elsewhere, session);
    return status === 401 ? true : undefined;
  });
  return asked - ended;
}

type End = [how: string, end: (session: SignedIn, email: string) => Promise<unknown>];

/** By requests to one of the instances. */
const OWN_ENDS: End[] = [
  ['its person logs out', ({ headers }) => here.http.post('/auth/logout').set(headers)],
  [
    'its person ends it',
    ({ headers, sessionId }) => here.http.delete(`/auth/sessions/${sessionId}`).set(headers),
  ],
  [
    'its person ends all other sessions',
    async (_, email) => {
      const { headers } = await here.signIn(email);
      return here.http.delete('/auth/sessions').set(headers);
    },
  ],
];

const SQL_ENDS: End[] = [
  [
    'plain SQL ends it',
    ({ sessionId }) =>
      here.sql('UPDATE user_sessions SET is_active = false WHERE id = $1', [sessionId]),
  ],
  [
    'plain SQL deletes it',
    ({ sessionId }) => here.sql('DELETE FROM user_sessions WHERE id = $1', [sessionId]),
  ],
  [
    'plain SQL lets it expire',
    ({ sessionId }) =>
      here.sql('UPDATE user_sessions SET expires_at = now() WHERE id = $1', [sessionId]),
  ],
  [
    'its user is disabled',
    ({ userId }) => here.sql('UPDATE users SET is_active = false WHERE id = $1', [userId]),
  ],
  [
    'its user is locked',
    ({ userId }) =>
      here.sql(`UPDATE users SET account_locked_until = now() + interval '1 h' WHERE id = $1`, [
        userId,
      ]),
  ],
  ['its user is deleted', ({ userId }) => here.sql('DELETE FROM users WHERE id = $1', [userId])],
  [
    'its user is deleted where triggers are off',
    ({ userId }) =>
      here.sql(`SET session_replication_role = replica;
                DELETE FROM users WHERE id = '${userId}';
                RESET session_replication_role`),
  ],
  [
    'it is ended where triggers are off',
    ({ sessionId }) =>
      here.sql(`SET session_replication_role = replica;
                UPDATE user_sessions SET is_active = false WHERE id = '${sessionId}';
                RESET session_replication_role`),
  ],
];

describe('I9: a session is refused', () => {
  it.each(OWN_ENDS)('F11 at once by the instance that ended it, when %s', async (how, end) => {
    const email = addressFor(`own ${how}`);
    const session = await knownEverywhere(email);
    await end(session, email);
    expect((await askHost(here, session)).status).toBe(401);
  });

  it.each([...OWN_ENDS, ...SQL_ENDS])(
    'F11 within a second by others, when %s',
    async (how, end) => {
      const email = addressFor(`heard ${how}`);
      const session = await knownEverywhere(email);
      await end(session, email);
      expect(await refusedAfter(session)).toBeLessThan(ONE_SECOND);
    },
  );

  it.each([...OWN_ENDS, ...SQL_ENDS])(
    'F11 within a second by others also when notifications are lost, when %s',
    async (how, end) => {
      proxy.losesNotifications = true;
      const email = addressFor(`lost ${how}`);
      const session = await knownEverywhere(email);
      await end(session, email);
      expect(await refusedAfter(session)).toBeLessThan(ONE_SECOND);
    },
  );

  it('at once by the routes of the contract, whatever is in memory', async () => {
    proxy.losesNotifications = true;
    const session = await knownEverywhere('contract@example.com');
    await here.sql('UPDATE user_sessions SET is_active = false WHERE id = $1', [session.sessionId]);
    const answer = await elsewhere.http.get('/auth/session').set(session.headers);
    expectProblem(answer, 'session_revoked');
  });

  it('A4 everywhere when plain SQL ends all sessions at once', async () => {
    const session = await knownEverywhere('all@example.com');
    await here.sql('TRUNCATE user_sessions');
    expect(await refusedAfter(session)).toBeLessThan(ONE_SECOND);
    expectProblem(await askHost(elsewhere, session), 'session_invalid');
  });

  it('F11 by an instance whose connections have all gone silent, a second after it last heard', async () => {
    const session = await knownEverywhere('hole@example.com');
    proxy.stall();
    await here.http.post('/auth/logout').set(session.headers).expect(204);
    const ended = performance.now();
    // It may answer from memory until its lease ends, and must not afterwards.
    let accepted = ended;
    const answers: number[] = [];
    while (performance.now() < ended + ONE_SECOND) {
      const asked = performance.now();
      const { status } = await askHost(elsewhere, session);
      answers.push(status);
      if (status === 200) accepted = asked;
    }
    expect(accepted - ended).toBeLessThan(ONE_SECOND);
    expectProblem(await askHost(elsewhere, session), 'unavailable');
    expect(new Set(answers)).toEqual(new Set([200, 503]));

    proxy.resume();
    await waitFor('an answer of the database', async () => {
      const { status } = await askHost(elsewhere, session);
      expect([401, 503]).toContain(status);
      return status === 401 ? true : undefined;
    });
  });
});

describe('an instance that cannot learn what was revoked', () => {
  it('says so once, looks every session up, and goes back when it can', async () => {
    const session = await knownEverywhere('unprivileged@example.com');
    const warnings = (): string[] =>
      // Nest's logger is the process's: that of the instance that was started last.
      elsewhere.logger.lines.filter((line) => line.includes('Revocations cannot be read'));
    const before = warnings().length;
    await here.sql('REVOKE SELECT ON session_revocations FROM mira_app');
    try {
      await leaseOf(elsewhere, 'lost');
      expect((await askHost(elsewhere, session)).status).toBe(200);
      await here.sql('UPDATE user_sessions SET is_active = false WHERE id = $1', [
        session.sessionId,
      ]);
      expect((await askHost(elsewhere, session)).status).toBe(401);
      // Two instances of this process, once each.
      await leaseOf(here, 'lost');
      expect(warnings().length - before).toBeLessThanOrEqual(2);
      expect(warnings().length).toBeGreaterThan(before);
    } finally {
      await here.sql('GRANT SELECT ON session_revocations TO mira_app');
    }
    await leaseOf(elsewhere, 'held');
    await leaseOf(here, 'held');
  });
});

describe('the memory of an instance is emptied', () => {
  it('when the connection of the feed is a new one, for the server may have crashed', async () => {
    await knownEverywhere('reconnected@example.com');
    const cache = privately(elsewhere.app, SessionCache);
    expect(cache.size).toBeGreaterThan(0);
    await here.sql(
      `SELECT pg_terminate_backend(pid) FROM pg_stat_activity
        WHERE datname = current_database() AND application_name = 'mira-auth-listener'`,
    );
    await waitFor('memory to be empty', () => (cache.size === 0 ? true : undefined));
  });

  it('when both clocks stood still, as on a machine that was paused, and the news are gone', async () => {
    const session = await knownEverywhere('paused@example.com');
    const clock = privately<Clock>(elsewhere.app, Clock);
    const [monotonic, wall] = [clock.monotonicMilliseconds(), clock.now()];
    jest.spyOn(clock, 'monotonicMilliseconds').mockReturnValue(monotonic);
    jest.spyOn(clock, 'now').mockReturnValue(wall);
    try {
      proxy.losesNotifications = true;
      proxy.stall();
      const paused = performance.now();
      await waitFor('more than a lease', () =>
        performance.now() - paused > 1.1 * ONE_SECOND ? true : undefined,
      );
      await here.sql('UPDATE user_sessions SET is_active = false WHERE id = $1', [
        session.sessionId,
      ]);
      await here.sql('DELETE FROM session_revocations');
      proxy.resume();
      await refusedAfter(session);
    } finally {
      jest.restoreAllMocks();
    }
  });
});

describe('a session in memory', () => {
  it('is answered for without the database, while the lease lasts', async () => {
    const session = await knownEverywhere('memory@example.com');
    await leaseOf(elsewhere, 'held');
    proxy.stall();
    const { status, body } = await askHost(elsewhere, session);
    expect([status, body]).toMatchObject([
      200,
      {
        user: { id: session.userId, email: 'memory@example.com' },
        session: { id: session.sessionId },
      },
    ]);
    await leaseOf(elsewhere, 'lost');
    expectProblem(await askHost(elsewhere, session), 'unavailable');
  });

  it('is not kept when it was revoked between its reading and its keeping', async () => {
    const session = await here.signIn('race@example.com');
    await leaseOf(elsewhere, 'held');
    proxy.holdAnswers('pool');
    const read = askHost(elsewhere, session).then(({ status }) => status);
    await waitFor('the session to be read', async () => {
      const [row] = await here.sql(
        `SELECT FROM pg_stat_activity
          WHERE datname = current_database() AND client_port IS NOT NULL AND state = 'idle'
            AND query LIKE '%JOIN users account%' AND wait_event = 'ClientRead'
            AND state_change > now() - interval '5 s'`,
      );
      return row;
    });
    await here.http.post('/auth/logout').set(session.headers).expect(204);
    await looksElsewhere(2);
    proxy.resume();

    // It was read before it ended, so that this one request is served.
    expect(await read).toBe(200);
    expectProblem(await askHost(elsewhere, session), 'session_revoked');
  });

  it('tells handlers what is new of its user', async () => {
    const session = await knownEverywhere('old@example.com');
    await here.sql(`UPDATE users SET email = 'new@example.com' WHERE id = $1`, [session.userId]);
    await waitFor('the new address', async () => {
      const { body } = await askHost(elsewhere, session);
      return body.user.email === 'new@example.com' ? true : undefined;
    });
  });

  it('is refused from elsewhere as it would be without a memory, and stays', async () => {
    const client = { forwardedFor: '192.0.2.1', userAgent: 'one/1' };
    const session = await here.signIn('context@example.com', client);
    const asOther = { ...session, headers: { ...session.headers, 'User-Agent': 'other/1' } };
    await leaseOf(here, 'held');
    expect((await askHost(here, session)).status).toBe(200);
    expectProblem(await askHost(here, asOther), 'context_mismatch');
    expect((await askHost(here, session)).status).toBe(200);
  });
});

/** Waits until the other instance has asked so often what was revoked. */
async function looksElsewhere(times: number): Promise<void> {
  const look = async (): Promise<string | undefined> => {
    const rows = await here.sql<{ at: string }>(
      `SELECT max(query_start)::text AS at FROM pg_stat_activity
        WHERE datname = current_database() AND application_name = 'mira-auth-listener'
          AND query LIKE '%session_revocations%'`,
    );
    return rows[0]?.at;
  };
  for (let seen = 0; seen < times; seen += 1) {
    const before = await look();
    await waitFor('another look', async () => ((await look()) === before ? undefined : true));
  }
}
