import type { Response } from 'supertest';

import { TransientMailError } from '../../src/mail/mailer';
import { AttackWatch } from '../support/attacks/attack-watch';
import { endMailLeases, expectInvariants } from '../support/attacks/invariants';
import { type Slowness, sufferSlowness } from '../support/attacks/slowness';
import { createTestDatabase, type TestDatabase } from '../support/postgres/database';
import { HALT, Halt } from '../support/postgres/halt';
import { queryAs } from '../support/postgres/query-as';
import { TcpProxy } from '../support/postgres/tcp-proxy';
import { expectProblem } from '../support/problem';
import { requestLinks } from '../support/sign-in/link-tokens';
import { type RequestedLink, sessionOf, type SignedIn } from '../support/sign-in/sign-in-flow';
import { startTestService, type TestService } from '../support/test-service';
import { times } from '../support/times';
import { waitFor } from '../support/wait-for';

const KEY = '0123456789abcdef'.repeat(4);
const NEXT_KEY = 'fedcba9876543210'.repeat(4);

const watch = new AttackWatch();
/** Reaches its database through something that can fail. */
let service: TestService;
let proxy: TcpProxy;
let database: TestDatabase;
let halt: Halt;

/** What F6 tells of. */
let slowness: Promise<PromiseSettledResult<Slowness>[]>;

beforeAll(async () => {
  database = await createTestDatabase();
  proxy = await TcpProxy.open(database.appUrl);
  service = await startTestService({
    database,
    options: {
      database: { url: proxy.url },
      // It asks the database first, and would hide what the others do without one.
      routeLimit: { limit: 0, windowSeconds: 60 },
    },
  });
  halt = await Halt.install(database);
  watch.watch(service);
  slowness = Promise.allSettled([sufferSlowness(watch)]);
});

afterAll(async () => {
  await slowness;
  await halt.close();
  await service.stop();
  await proxy.close();
  await database.drop();
});

const linkFor = async (email: string, userAgent?: string): Promise<RequestedLink> => {
  const [link] = await requestLinks(service, [{ email, ...(userAgent && { userAgent }) }]);
  watch.keep(link!.token);
  return link!;
};

/** A sign-in that is under way, and waits at a point until `halt.release()`. */
const holdSignIn = async (email: string, userAgent: (typeof HALT)[keyof typeof HALT]) => {
  const client = { userAgent };
  const link = await linkFor(email, userAgent);
  await halt.hold();
  const answer = service.verify(link.token, client);
  await halt.held();
  return { link, client, answer };
};

const whoIs = async ({ headers }: SignedIn, { http }: Pick<TestService, 'http'> = service) => {
  const response = await http.get('/auth/session').set(headers);
  watch.expectHandled(response);
  return response;
};

/** Asks again until the service can answer; fails after ten seconds. */
const recovered = async (session: SignedIn): Promise<void> => {
  await waitFor('the service to recover', async () => {
    const { status } = await whoIs(session);
    expect([200, 503]).toContain(status);
    return status === 200 ? true : undefined;
  });
};

const sessionsOf = async ({ id }: RequestedLink): Promise<object[]> =>
  service.sql('SELECT id FROM user_sessions WHERE magic_link_id = $1', [id]);

describe('while the database fails', () => {
  it('F1 every route answers 503 and never 401 while it is gone, and notices its return', async () => {
    const session = sessionOf(await service.verify((await linkFor('gone@example.com')).token));
    const link = await linkFor('gone@example.com');
    await proxy.close();
    try {
      const post = async (path: string, body: object): Promise<Response> =>
        service.http.post(path).send(body);
      for (const response of [
        await post('/auth/magic-link/request', { email: 'gone@example.com' }),
        await post('/auth/magic-link/verify', { token: link.token }),
        await post('/auth/magic-link/verify', { token: 'a.b.c' }),
        await service.http.get('/auth/session').set(session.headers),
        await service.http.get('/auth/sessions').set(session.headers),
        await service.http.delete('/auth/sessions').set(session.headers),
        await service.http.post('/auth/logout').set(session.headers),
        await service.http.get('/health/ready'),
      ]) {
        watch.expectHandled(response);
        expectProblem(response, 'unavailable');
      }
      expect((await service.http.get('/health/live')).status).toBe(200);
    } finally {
      proxy = await TcpProxy.open(database.appUrl, proxy.port);
    }
    await recovered(session);
    expect((await service.verify(link.token)).status).toBe(200);
  });

  it('F1 a sign-in that is cut off in the middle leaves its link for another try', async () => {
    const { link, client, answer } = await holdSignIn('lost@example.com', HALT.beforeSession);
    proxy.cut();
    expectProblem(await answer, 'unavailable');
    await halt.release();

    expect((await service.verify(link.token, client)).status).toBe(200);
    expect(await sessionsOf(link)).toHaveLength(1);
  });

  it('F2 a sign-in that is cut off during COMMIT has happened once, and a retry says so', async () => {
    const { link, client, answer } = await holdSignIn('commit@example.com', HALT.atCommit);
    proxy.cut();
    // Nobody can know whether it will be committed, and it will.
    expectProblem(await answer, 'unavailable');
    await halt.release();

    await waitFor('the commit', async () =>
      (await sessionsOf(link)).length === 1 ? true : undefined,
    );
    expectProblem(await service.verify(link.token, client), 'link_used');
    expect(await sessionsOf(link)).toHaveLength(1);
  });

  it('F2 a sign-in whose COMMIT fails has not happened, and a retry succeeds', async () => {
    const { link, client, answer } = await holdSignIn('aborted@example.com', HALT.atCommit);
    await halt.terminateHeld();
    expectProblem(await answer, 'unavailable');
    await halt.release();

    expect(await sessionsOf(link)).toEqual([]);
    expect((await service.verify(link.token, client)).status).toBe(200);
  });

  it('F4 no promise is broken when connections are ended under load', async () => {
    const links = await requestLinks(
      service,
      times(40, (index) => ({ email: `terminated-${index.toString()}@example.com` })),
    );
    const verifications = Promise.all(links.map(({ token }) => service.verify(token)));
    for (let round = 0; round < 5; round += 1) {
      await queryAs(
        database.superuserUrl,
        `SELECT pg_terminate_backend(pid) FROM pg_stat_activity
          WHERE datname = current_database() AND application_name = 'mira-auth'
            AND state <> 'idle'`,
      );
    }
    for (const response of await verifications) {
      watch.expectHandled(response);
      if (response.status === 200) expect((await whoIs(sessionOf(response))).status).toBe(200);
      else expectProblem(response, 'unavailable');
    }
    const retries = await Promise.all(links.map(({ token }) => service.verify(token)));
    for (const [index, response] of retries.entries()) {
      if (response.status !== 200) expectProblem(response, 'link_used');
      expect(await sessionsOf(links[index]!)).toHaveLength(1);
    }
  });

  it('F17 no sign-in and no request is accepted when the trail cannot be written', async () => {
    const link = await linkFor('unaudited@example.com');
    const failing = (type: string): Promise<object[]> =>
      service.sql(
        `CREATE OR REPLACE FUNCTION full_disk() RETURNS trigger LANGUAGE plpgsql AS
         $$ BEGIN RAISE EXCEPTION 'full' USING ERRCODE = 'disk_full'; END $$;
         CREATE TRIGGER full_disk BEFORE INSERT ON security_events FOR EACH ROW
           WHEN (NEW.type = '${type}') EXECUTE FUNCTION full_disk()`,
      );
    const mended = (): Promise<object[]> =>
      service.sql('DROP TRIGGER full_disk ON security_events');
    const counts = (): Promise<object[]> =>
      service.sql(
        `SELECT (SELECT count(*) FROM magic_links) AS links,
                (SELECT count(*) FROM magic_links WHERE is_used) AS used,
                (SELECT count(*) FROM users) AS users,
                (SELECT count(*) FROM user_sessions) AS sessions,
                (SELECT count(*) FROM mail_outbox) AS mails`,
      );
    const before = await counts();

    for (const type of ['user.created', 'sign_in.succeeded', 'session.created']) {
      await failing(type);
      expectProblem(await service.verify(link.token), 'unavailable');
      await mended();
      expect(await counts()).toEqual(before);
    }
    await failing('magic_link.requested');
    const refused = await service.http
      .post('/auth/magic-link/request')
      .send({ email: 'unaudited@example.com' });
    expectProblem(refused, 'unavailable');
    await mended();
    expect(await counts()).toEqual(before);

    expect((await service.verify(link.token)).status).toBe(200);
  });
});

describe('a pool of 2 connections', () => {
  let narrow: TestService;

  beforeAll(async () => {
    narrow = await startTestService({
      database,
      options: { database: { url: database.appUrl, poolSize: 2 } },
    });
    watch.watchLogs(narrow);
  });

  afterAll(() => narrow.stop());

  it('F5 serves 200 verifications at once, or says that it cannot', async () => {
    const links = await requestLinks(
      service,
      times(200, (index) => ({ email: `pool-${index.toString()}@example.com` })),
    );
    const responses = await Promise.all(links.map(({ token }) => narrow.verify(token)));
    for (const response of responses) {
      watch.expectHandled(response);
      if (response.status !== 200) expectProblem(response, 'unavailable');
    }
    // None is half done: what was not answered with a session can still be used.
    const failed = links.filter((_, index) => responses[index]?.status !== 200);
    for (const { token } of failed) expect((await narrow.verify(token)).status).toBe(200);
  });
});

it('F14 the rotation of the master key loses no session, no link and no mail', async () => {
  const rotated = await createTestDatabase();
  const instance = async (
    masterKey: string,
    acceptedMasterKeys: string[],
  ): Promise<TestService> => {
    const started = await startTestService({
      database: rotated,
      mailbox: service.mailbox,
      masterKey,
      options: { acceptedMasterKeys },
    });
    watch.watchLogs(started);
    return started;
  };
  const mailsFail = async (): Promise<never> => {
    throw new TransientMailError('test');
  };
  const before = await startTestService({
    database: rotated,
    masterKey: KEY,
    options: { mailer: { send: mailsFail } },
  });
  const device = { fingerprint: watch.canary(), rememberDevice: true };
  const signIn = async (at: TestService, email: string): Promise<SignedIn> => {
    const [link] = await requestLinks(at, [{ email, ...device }]);
    return sessionOf(await at.verify(link!.token, device), device);
  };
  const old = await signIn(before, 'rotation@example.com');
  const [unsent] = await requestLinks(before, [{ email: 'rotation-mail@example.com', ...device }]);
  await before.stop();

  // A rolling restart: some accept the next key already, others sign with it.
  const prepared = await instance(KEY, [NEXT_KEY]);
  const swapped = await instance(NEXT_KEY, [KEY]);
  const both = [prepared, swapped];
  const sessions = [
    old,
    await signIn(prepared, 'rotation@example.com'),
    await signIn(swapped, 'rotation@example.com'),
  ];
  const responses = await Promise.all(
    times(60, (index) => whoIs(sessions[index % 3]!, both[index % 2])),
  );
  expect(new Set(responses.map(({ status }) => status))).toEqual(new Set([200]));
  for (const [asked, opened] of [both, both.toReversed()]) {
    const [link] = await requestLinks(asked!, [{ email: 'rotation-link@example.com', ...device }]);
    expect((await opened!.verify(link!.token, device)).status).toBe(200);
  }
  const mailed = await swapped.mailedToken('rotation-mail@example.com');
  expect(mailed).toBe(unsent!.token);
  expect((await swapped.verify(mailed, device)).status).toBe(200);
  await prepared.stop();
  await expectInvariants(swapped, [device.fingerprint, mailed]);
  await swapped.stop();

  const after = await instance(NEXT_KEY, []);
  expect((await whoIs(sessions[2]!, after)).status).toBe(200);
  expectProblem(await whoIs(old, after), 'session_invalid');
  await after.stop();
  await rotated.drop();
});

describe('the audit trail', () => {
  it.each(['appUrl', 'adminUrl', 'superuserUrl'] as const)(
    'A9 takes no UPDATE, DELETE or TRUNCATE from the role of %s',
    async (role) => {
      const count = async (): Promise<object[]> =>
        service.sql('SELECT count(*), max(seq) FROM security_events');
      const before = await count();
      for (const statement of [
        `UPDATE security_events SET type = 'forged'`,
        'DELETE FROM security_events',
        'TRUNCATE security_events',
        `UPDATE security_events SET reason = NULL WHERE false`,
      ]) {
        await expect(queryAs(database[role], statement)).rejects.toMatchObject({
          code: '42501',
        });
      }
      expect(await count()).toEqual(before);
    },
  );

  it('A9 cannot be opened for changes by the role that runs the service', async () => {
    for (const statement of [
      'ALTER TABLE security_events DISABLE TRIGGER ALL',
      'DROP TRIGGER security_events_append_only ON security_events',
      'DROP TABLE security_events',
      `SET session_replication_role = 'replica'`,
      'CREATE TABLE mine (id integer)',
    ]) {
      await expect(queryAs(database.appUrl, statement)).rejects.toMatchObject({ code: '42501' });
    }
  });
});

it('F6 a slow database delays an answer, one that never answers delays it for seconds only', async () => {
  expect(await slowness).toEqual([
    {
      status: 'fulfilled',
      value: {
        slow: 200,
        bounded: true,
        answers: ['unavailable', 'unavailable', 'unavailable', 'unavailable'],
      },
    },
  ]);
});

it('sends what it was kept from sending', async () => {
  await endMailLeases(service);
  await waitFor('the last mail', async () => {
    const pending = await service.sql(`SELECT FROM mail_outbox WHERE state = 'pending' LIMIT 1`);
    return pending.length === 0 ? true : undefined;
  });
  const states = await service.sql('SELECT DISTINCT state FROM mail_outbox ORDER BY state');
  expect(states).toEqual([{ state: 'cancelled' }, { state: 'sent' }]);
});

watch.defineAftermath();
