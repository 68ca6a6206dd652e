import request, { type Agent, type Response } from 'supertest';

import { endMailLeases, expectInvariants } from '../support/attacks/invariants';
import { headersOf } from '../support/http/client';
import { exchange } from '../support/http/raw-http';
import { createTestDatabase, type TestDatabase } from '../support/postgres/database';
import { HALT, Halt } from '../support/postgres/halt';
import { installOn, type OwnPostgres, startOwnPostgres } from '../support/postgres/own-postgres';
import { queryAs } from '../support/postgres/query-as';
import { expectProblem } from '../support/problem';
import { productionEnvironment } from '../support/processes/production-environment';
import { ServiceProcess } from '../support/processes/service-process';
import { requestLinks } from '../support/sign-in/link-tokens';
import { type RequestedLink, sessionOf, type SignedIn } from '../support/sign-in/sign-in-flow';
import { startTestService, type TestService } from '../support/test-service';
import { times } from '../support/times';
import { waitFor } from '../support/wait-for';

const KEY = '0123456789abcdef'.repeat(4);

/** A server that nobody else uses, so that it may crash. It starts while others are at work. */
let ownServer: Promise<OwnPostgres>;

beforeAll(() => {
  ownServer = startOwnPostgres();
});

afterAll(async () => (await ownServer).stop());

const whoIs = async ({ headers }: SignedIn, http: Agent): Promise<Response> =>
  http.get('/auth/session').set(headers);

/** Asks again as long as the answer is a 503. */
const onceAvailable = (ask: () => Promise<Response>): Promise<Response> =>
  waitFor('the service to recover', async () => {
    const response = await ask();
    return response.status === 503 ? undefined : response;
  });

describe('a process of its own, in odd time zones', () => {
  let elsewhere: TestDatabase;
  let ownProcess: ServiceProcess;
  let http: Agent;
  let url: string;
  /** On the same database and with the same key, to make tokens and to look afterwards. */
  let helper: TestService;

  beforeAll(async () => {
    elsewhere = await createTestDatabase();
    await queryAs(
      elsewhere.superuserUrl,
      `ALTER DATABASE ${elsewhere.name} SET timezone = 'Asia/Kathmandu'`,
    );
    ownProcess = new ServiceProcess({
      file: 'src/app/main.ts',
      env: {
        ...productionEnvironment(elsewhere.appUrl),
        AUTH_MASTER_KEY: KEY,
        // Or else verifications from one network wait for each other, and so for one that is held.
        AUTH_VERIFY_RATE_LIMIT: '0',
        TZ: 'America/St_Johns',
      },
    });
    helper = await startTestService({ database: elsewhere, masterKey: KEY });
    url = `http://127.0.0.1:${(await ownProcess.port()).toString()}`;
    http = request(url);
  });

  afterAll(async () => {
    await ownProcess.kill();
    await helper.stop();
    await elsewhere.drop();
  });

  const verify = async ({ token }: RequestedLink, userAgent?: string): Promise<Response> =>
    http
      .post('/auth/magic-link/verify')
      .set(headersOf(userAgent === undefined ? {} : { userAgent }))
      .send({ token });

  it('F16 lets links and sessions live as long as anywhere else', async () => {
    const [link] = await requestLinks({ app: helper.app, http }, [{ email: 'zone@example.com' }]);
    const [row] = await helper.sql<{ seconds: number }>(
      `SELECT extract(epoch FROM expires_at - now())::float8 AS seconds
         FROM magic_links WHERE id = $1`,
      [link!.id],
    );
    expect(row!.seconds).toBeGreaterThan(15 * 60 - 30);
    expect(row!.seconds).toBeLessThanOrEqual(15 * 60);
    const { status, body } = await verify(link!);
    expect(status).toBe(200);
    const lifetime = Date.parse(body.expires_at) - Date.now();
    expect(Math.abs(lifetime - 86_400_000)).toBeLessThan(30_000);

    const [late] = await requestLinks(helper, [{ email: 'zone@example.com' }]);
    await helper.sql('UPDATE magic_links SET expires_at = now() WHERE id = $1', [late!.id]);
    expectProblem(await verify(late!), 'link_expired');
  });

  it('A8 writes one line of JSON for each record, whatever is in a request', async () => {
    const hostile = `\\n{"level":"error"}\\r\\n\x1b[31mred\x1b[0m`;
    const marker = 'marker-of-this-test';
    for (const headers of [
      `User-Agent: a\x1b[31mb`,
      `User-Agent: gr\xc3\xa4\x9b31m`,
      `X-Request-Id: ${'a\x1b[31m'.repeat(3)}`,
      `Authorization: Bearer \x9b31m`,
    ]) {
      await exchange(
        url,
        Buffer.from(
          `GET /auth/session?${marker}=%0a%1b[31m HTTP/1.1\r\nHost: localhost\r\n${headers}\r\nConnection: close\r\n\r\n`,
          'latin1',
        ),
      );
    }
    for (const path of ['/auth/%0a%1b[31m', `/auth/sessions/%0d%0a${marker}`, '/%1b]0;title%07']) {
      await http.get(path).set('X-Request-Id', 'a8-request');
    }

    await http
      .post('/auth/magic-link/request')
      .set('X-Request-Id', 'a8-request')
      .send({ email: `${hostile}@example.com`, [hostile]: hostile });
    const records = await waitFor('the records of four requests', () => {
      const lines = ownProcess.stdout.trimEnd().split('\n');
      const ours = lines.filter((line) => /"message":"Request".*a8-request/.test(line));
      return ours.length >= 4 ? lines : undefined;
    });
    for (const line of records) {
      expect(JSON.parse(line)).toMatchObject({
        level: expect.any(String),
        message: expect.any(String),
      });
      expect(line).not.toMatch(/[\x00-\x1f\x7f-\x9f]|marker-of|\[31m/);
    }
    expect(ownProcess.stderr).toBe('');
  });

  it('F3 leaves each link used once or not at all, when it is killed in the midst of signing in', async () => {
    const stops = await Halt.install(elsewhere);
    const steps = [HALT.beforeUse, HALT.beforeSession, HALT.atCommit];
    const [acknowledged, ...held] = await requestLinks(
      helper,
      ['nothing', ...steps].map((userAgent, index) => ({
        email: `killed-${index.toString()}@example.com`,
        userAgent,
      })),
    );
    const session = sessionOf(await verify(acknowledged!, 'nothing'), { userAgent: 'nothing' });
    await stops.hold();
    const cutOff = Promise.allSettled(held.map((link, index) => verify(link, steps[index])));
    await stops.held(steps.length);
    await ownProcess.kill();
    expect((await cutOff).map(({ status }) => status)).toEqual(steps.map(() => 'rejected'));
    await stops.release();

    expect((await whoIs(session, helper.http)).status).toBe(200);
    const outcomes = [];
    for (const [index, { token }] of held.entries()) {
      const { body } = await helper.verify(token, { userAgent: steps[index]! });
      outcomes.push(body.code ?? 'signed in');
    }
    // What had come to its COMMIT was committed; nobody was told of it, and nobody is again.
    expect(outcomes).toEqual(['signed in', 'signed in', 'link_used']);
    await stops.close();
    await endMailLeases(helper);
    await expectInvariants(helper);
  });
});

describe('a crash of PostgreSQL', () => {
  let crashed: TestDatabase;
  let service: TestService;

  beforeAll(async () => {
    crashed = await installOn(await ownServer);
    service = await startTestService({ database: crashed });
  });

  afterAll(() => service.stop());

  it('F4 loses no session that a client was told of, when it comes under load', async () => {
    const links = await requestLinks(
      service,
      times(60, (index) => ({ email: `crash-${index.toString()}@example.com` })),
    );
    const verify = (token: string): Promise<Response> =>
      service.http
        .post('/auth/magic-link/verify')
        .send({ token })
        .then((response) => response);
    let answered = 0;
    const verifications = links.map(async ({ token }) => {
      const response = await verify(token);
      answered += 1;
      return response;
    });
    await waitFor('the first answers', () => (answered >= 10 ? true : undefined));
    const [backend] = await queryAs<{ pid: number }>(
      crashed.superuserUrl,
      `SELECT pid FROM pg_stat_activity WHERE application_name = 'mira-auth' LIMIT 1`,
    );
    process.kill(backend!.pid, 'SIGKILL');

    const acknowledged: SignedIn[] = [];
    for (const response of await Promise.all(verifications)) {
      if (response.status === 200) acknowledged.push(sessionOf(response));
      else expectProblem(response, 'unavailable');
    }
    expect(acknowledged.length).toBeGreaterThanOrEqual(10);
    for (const session of acknowledged) {
      const { status } = await onceAvailable(() => whoIs(session, service.http));
      expect(status).toBe(200);
    }
    for (const { token } of links) {
      const response = await onceAvailable(() => verify(token));
      if (response.status !== 200) expectProblem(response, 'link_used');
    }
    const sql: TestService['sql'] = (text, parameters) =>
      queryAs(crashed.superuserUrl, text, parameters);
    await endMailLeases({ sql });
    await expectInvariants({ sql });
  });
});
