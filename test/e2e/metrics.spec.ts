import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { createServer } from 'node:http';
import { type AddressInfo, connect } from 'node:net';

import { Client } from 'pg';
import request, { type Agent } from 'supertest';

import { MailboxMailer } from '../../src/app/development/mailbox.mailer';
import { type RunningService, startService } from '../../src/app/service';
import { SystemClock } from '../../src/common/clock';
import { CapturingLogger } from '../support/capturing-logger';
import { HostModule } from '../support/http/guarded-route';
import { scrape, type Series } from '../support/http/metrics';
import { exchange } from '../support/http/raw-http';
import { createTestDatabase, type TestDatabase } from '../support/postgres/database';
import { TcpProxy } from '../support/postgres/tcp-proxy';
import { expectProblem } from '../support/problem';
import { productionEnvironment } from '../support/processes/production-environment';
import { ServiceProcess } from '../support/processes/service-process';
import { type SignInFlow, signInFlow } from '../support/sign-in/sign-in-flow';
import { LIMITS_OFF, TEST_PUBLIC_URL } from '../support/test-service';
import { waitFor } from '../support/wait-for';

const LOCALHOST = '127.0.0.1';

/** Whether somebody listens on a port of this machine. */
async function isOpen(port: number): Promise<boolean> {
  const socket = connect(port, LOCALHOST);
  const opened = once(socket, 'connect').then(
    () => true,
    () => false,
  );
  const result = await opened;
  socket.destroy();
  return result;
}

describe('the metrics of a service', () => {
  let database: TestDatabase;
  let proxy: TcpProxy;
  let superuser: Client;
  let service: RunningService;
  let http: Agent;
  let flow: SignInFlow;
  let url: string;

  beforeAll(async () => {
    database = await createTestDatabase();
    proxy = await TcpProxy.open(database.appUrl);
    superuser = new Client({ connectionString: database.superuserUrl });
    await superuser.connect();
    const mailbox = new MailboxMailer(new SystemClock());
    service = await startService({
      auth: {
        masterKey: randomBytes(32).toString('hex'),
        publicUrl: TEST_PUBLIC_URL,
        database: { url: proxy.url, poolSize: 7 },
        mailer: mailbox,
        magicLink: LIMITS_OFF,
      },
      http: { host: LOCALHOST, port: 0 },
      metrics: { host: LOCALHOST, port: 0 },
      imports: [HostModule],
      logger: new CapturingLogger(),
      graceMilliseconds: 0,
    });
    http = request(`http://${LOCALHOST}:${service.port.toString()}`);
    flow = signInFlow(http, mailbox);
    url = `http://${LOCALHOST}:${(service.metrics?.port ?? 0).toString()}`;
  });

  afterAll(async () => {
    await service.stop();
    await proxy.close();
    await superuser.end();
    await database.drop();
  });

  /** How much each of the series grows by some work; the answers' ends may be counted later. */
  async function growthOf(names: readonly string[], work: () => Promise<void>, total: number) {
    const before = await scrape(url);
    await work();
    return waitFor('the requests to be counted', async () => {
      const after = await scrape(url);
      const growth = names.map((name) => (after.get(name) ?? 0) - (before.get(name) ?? 0));
      return growth.reduce((sum, value) => sum + value, 0) >= total ? growth : undefined;
    });
  }

  const leaseIn = (series: Series) =>
    ['held', 'lost', 'off'].filter(
      (state) => series.get(`mira_auth_session_lease{state="${state}"}`) === 1,
    );

  it('are text for Prometheus, on GET and HEAD of one path', async () => {
    const answer = await fetch(`${url}/metrics?from=here`);
    expect(answer.status).toBe(200);
    expect(answer.headers.get('content-type')).toBe('text/plain; version=0.0.4; charset=utf-8');
    expect(answer.headers.get('cache-control')).toBe('no-store');
    const text = await answer.text();
    for (const line of text.split('\n')) {
      expect(line).toMatch(
        /^$|^# (?:HELP|TYPE) \w+ .+$|^\w+(?:\{\w+="[^"]*"(?:,\w+="[^"]*")*\})? \S+$/,
      );
    }
    expect(text).toMatch(/^process_cpu_seconds_total /m);
    expect(text).toMatch(/^nodejs_heap_size_used_bytes /m);
    expect(text).toMatch(/^nodejs_eventloop_lag_p99_seconds /m);

    const head = await fetch(`${url}/metrics`, { method: 'HEAD' });
    expect([head.status, await head.text()]).toEqual([200, '']);
  });

  it.each(['/', '/metrics/', '/Metrics', '/auth/session', '/health/live', '/docs'])(
    'are all that their port serves: not %s',
    async (path) => {
      const answer = await fetch(url + path);
      expect([answer.status, await answer.text()]).toEqual([404, '']);
    },
  );

  it.each(['POST', 'PUT', 'DELETE', 'OPTIONS', 'TRACE'])('are not for %s', async (method) => {
    const [answer, ...more] = await exchange(
      url,
      `${method} /metrics HTTP/1.1\r\nHost: x\r\nContent-Length: 30\r\n\r\nGET /metrics HTTP/1.1\r\n`,
    );
    expect([answer?.status, answer?.headers['allow'], answer?.body]).toEqual([
      405,
      'GET, HEAD',
      '',
    ]);
    expect(answer?.headers['connection']).toBe('close');
    expect(more).toEqual([]);
  });

  it('are not on the public port', async () => {
    expectProblem(await http.get('/metrics'), 'not_found');
  });

  it('count requests by the pattern of their route', async () => {
    const session = await flow.signIn('routes@example.com');
    const other = await flow.signIn('routes@example.com');
    const series = [
      'mira_auth_http_requests_total{method="DELETE",route="/auth/sessions/:id",status="204"}',
      'mira_auth_http_requests_total{method="DELETE",route="/auth/sessions/:id",status="404"}',
      'mira_auth_http_requests_total{method="GET",route="/auth/session",status="401"}',
      'mira_auth_http_requests_total{method="GET",route="none",status="404"}',
      'mira_auth_http_requests_total{method="PUT",route="none",status="405"}',
      'mira_auth_http_requests_total{method="other",route="none",status="404"}',
      'mira_auth_http_request_duration_seconds_count{method="DELETE",route="/auth/sessions/:id"}',
      'mira_auth_http_request_duration_seconds_bucket{le="+Inf",method="GET",route="/auth/session"}',
    ];
    const growth = await growthOf(
      series,
      async () => {
        await http.delete(`/auth/sessions/${other.sessionId}`).set(session.headers);
        await http.delete('/auth/sessions/canary-id').set(session.headers);
        await http.get('/auth/session');
        await http.get('/canary-path/a');
        await http.get('/canary-path/b?c=d');
        await http.put('/auth/session');
        await exchange(
          `http://${LOCALHOST}:${service.port.toString()}`,
          'PROPFIND /canary HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n',
        );
      },
      10,
    );
    expect(growth).toEqual([1, 1, 1, 2, 1, 1, 2, 1]);
  });

  it('tell which sessions were answered for from memory', async () => {
    const session = await flow.signIn('memory@example.com');
    const check = async (times: number): Promise<void> => {
      for (let count = 0; count < times; count += 1) {
        expect((await http.get('/host/who').set(session.headers)).status).toBe(200);
      }
    };
    await waitFor('the lease', async () => leaseIn(await scrape(url))[0] === 'held' || undefined);
    // Of the first only the database knows.
    await check(1);
    const names = ['memory', 'database'].map(
      (source) => `mira_auth_session_checks_total{source="${source}"}`,
    );
    const growth = await growthOf(names, () => check(20), 20);
    expect((growth[0] ?? 0) + (growth[1] ?? 0)).toBe(20);
    // A busy machine may lose its lease for a moment.
    expect(growth[0]).toBeGreaterThan(0);
    await waitFor('a session in memory', async () => {
      await check(1);
      return ((await scrape(url)).get('mira_auth_session_cache_entries') ?? 0) > 0 || undefined;
    });
  });

  it('tell of the pool, and that notifications arrive', async () => {
    const heard = await waitFor('a notification', async () => {
      const series = await scrape(url);
      return series.get('mira_auth_notifications{state="heard"}') === 1 ? series : undefined;
    });
    expect(heard.get('mira_auth_notifications{state="missed"}')).toBe(0);
    expect(heard.get('mira_auth_notifications{state="unknown"}')).toBe(0);
    expect(heard.get('mira_auth_database_up')).toBe(1);
    expect(heard.get('mira_auth_database_pool_size')).toBe(7);
    expect(heard.get('mira_auth_database_pool_waiting')).toBe(0);
    const open = ['used', 'idle'].map(
      (state) => heard.get(`mira_auth_database_pool_connections{state="${state}"}`) ?? NaN,
    );
    expect(open[0]).toBeGreaterThanOrEqual(0);
    expect((open[0] ?? 0) + (open[1] ?? 0)).toBeGreaterThan(0);
  });

  it('tell how long mails have been waiting, whoever could send them', async () => {
    await waitFor('an empty outbox', async () => {
      const series = await scrape(url);
      return series.get('mira_auth_mail_outbox_pending') === 0 ? series : undefined;
    });
    expect((await scrape(url)).get('mira_auth_mail_outbox_oldest_age_seconds')).toBe(0);
    const { userId } = await flow.signIn('outbox@example.com');
    await superuser.query(
      `INSERT INTO mail_outbox (id, kind, key_id, user_id, created_at, next_attempt_at)
       SELECT gen_random_uuid(), 'no_such_kind', 'no-such-key', $1,
              now() - make_interval(secs => age), now() + make_interval(secs => age)
         FROM unnest(ARRAY[90, 7200, 10]) AS age`,
      [userId],
    );
    const series = await waitFor('the three mails', async () => {
      const now = await scrape(url);
      return now.get('mira_auth_mail_outbox_pending') === 3 ? now : undefined;
    });
    const age = series.get('mira_auth_mail_outbox_oldest_age_seconds') ?? 0;
    expect(age).toBeGreaterThanOrEqual(7_200);
    expect(age).toBeLessThan(7_400);
    await superuser.query(`DELETE FROM mail_outbox WHERE kind = 'no_such_kind'`);
  });

  it('hold nothing of a person or a request, whatever was asked', async () => {
    const email = 'canary.person@example.com';
    const client = { userAgent: 'Canary Browser/7.0', fingerprint: 'canary-fingerprint' };
    const headers = { 'User-Agent': client.userAgent, 'X-Device-Fingerprint': client.fingerprint };
    const { id, token } = await flow.requestLink(email, client);
    await http.post('/auth/magic-link/inspect').set(headers).send({ token });
    const verified = await flow.verify(token, client);
    const body = verified.body as Record<'user_id' | 'session_id' | 'session_token', string>;
    const signedIn = { ...headers, Authorization: `Bearer ${body.session_token}` };
    for (const path of ['/auth/session', '/auth/sessions', '/auth/events', `/canary/${email}`]) {
      await http.get(path).set(signedIn);
    }

    await http.get('/auth/session').set({ ...signedIn, 'User-Agent': 'Canary elsewhere' });
    await http.delete(`/auth/sessions/${body.session_id}`).set(signedIn);
    await waitFor('the last request to be counted', async () => {
      const name =
        'mira_auth_http_requests_total{method="DELETE",route="/auth/sessions/:id",status="204"}';
      return ((await scrape(url)).get(name) ?? 0) > 0 || undefined;
    });

    const text = await (await fetch(`${url}/metrics`)).text();
    expect(text).toContain('route="/auth/magic-link/verify",status="200"');
    expect(text).not.toMatch(/canary|example\.com|127\.0\.0\.1|Browser/i);
    for (const secret of [id, token, body.user_id, body.session_id, body.session_token]) {
      expect(text).not.toContain(secret);
    }

    // Ids, hashes and tokens of any kind.
    expect(text).not.toMatch(/[\da-f]{8}-[\da-f]{4}|[\da-f]{32}|eyJ/i);
  });

  it('are served without the database, and say that it is away', async () => {
    proxy.stall();
    try {
      const away = await waitFor('the lease to be lost', async () => {
        const started = performance.now();
        const series = await scrape(url);
        // A hung question must not cost a scrape more than its second, whoever else is waiting.
        expect(performance.now() - started).toBeLessThan(5_000);
        // The lease ends by the clock; what was kept under it goes when the next question fails.
        const isEmpty = series.get('mira_auth_session_cache_entries') === 0;
        return leaseIn(series)[0] === 'lost' && isEmpty ? series : undefined;
      });
      expect(leaseIn(away)).toEqual(['lost']);
      expect(away.get('mira_auth_database_up')).toBe(0);
      expect([...away.keys()].filter((name) => name.startsWith('mira_auth_mail'))).toEqual([]);
    } finally {
      proxy.resume();
    }
    const back = await waitFor('the database to be back', async () => {
      const series = await scrape(url);
      const isBack = leaseIn(series)[0] === 'held' && series.get('mira_auth_database_up') === 1;
      return isBack ? series : undefined;
    });
    expect(back.get('mira_auth_mail_outbox_pending')).toBeGreaterThanOrEqual(0);
  });
});

describe('the port of the metrics', () => {
  let database: TestDatabase;
  let service: ServiceProcess | undefined;

  beforeAll(async () => {
    database = await createTestDatabase();
  });

  afterEach(() => service?.kill());

  afterAll(() => database.drop());

  const run = (variables: Record<string, string>): ServiceProcess =>
    (service = new ServiceProcess({
      file: 'src/app/main.ts',
      env: { ...productionEnvironment(database.appUrl), ...variables },
    }));

  const metricsPort = async ({ port }: { port: ServiceProcess['port'] }): Promise<number> => {
    await port.call(service);
    return waitFor('the port of the metrics', () => {
      const line = service?.stdout.split('\n').find((text) => text.includes('Serving metrics'));
      return line === undefined ? undefined : (JSON.parse(line) as { port: number }).port;
    });
  };

  it('is not there by default', async () => {
    const running = run({});
    const port = await running.port();
    const answer = await fetch(`http://${LOCALHOST}:${port.toString()}/metrics`);
    expect(answer.status).toBe(404);
    expect(((await answer.json()) as { code: string }).code).toBe('not_found');
    running.signal('SIGTERM');
    expect((await running.ended()).stdout).not.toContain('metrics');
  });

  it('keeps the service from starting with one line when it is in use', async () => {
    const other = createServer().listen(0, LOCALHOST);
    await once(other, 'listening');
    const { port } = other.address() as AddressInfo;
    const end = await run({ AUTH_METRICS_PORT: port.toString() }).ended();
    expect([end.code, end.stderr]).toEqual([
      1,
      `MIRA Auth cannot start: port ${port.toString()} is already in use: stop what uses it, or set AUTH_METRICS_PORT to another\n`,
    ]);
    other.close();
  });

  it('is taken before the service is told to be there, or there is no service', async () => {
    const other = createServer().listen(0, LOCALHOST);
    await once(other, 'listening');
    const { port } = other.address() as AddressInfo;
    const start = startService({
      auth: {
        masterKey: randomBytes(32).toString('hex'),
        publicUrl: TEST_PUBLIC_URL,
        database: { url: database.appUrl },
        mailer: new MailboxMailer(new SystemClock()),
      },
      http: { host: LOCALHOST, port: 0 },
      metrics: { host: LOCALHOST, port },
      logger: new CapturingLogger(),
      graceMilliseconds: 0,
    });
    await expect(start).rejects.toMatchObject({
      name: 'StartFailure',
      message: expect.stringContaining('set AUTH_METRICS_PORT to another'),
    });
    other.close();
  });

  it('is served until the public port has closed, and closed at the end', async () => {
    const running = run({ AUTH_METRICS_PORT: '0' });
    const port = await metricsPort(running);
    const publicPort = await running.port();
    const superuser = new Client({ connectionString: database.superuserUrl });
    await superuser.connect();
    await superuser.query('BEGIN; LOCK TABLE magic_links IN ACCESS EXCLUSIVE MODE');
    const underWay = fetch(`http://${LOCALHOST}:${publicPort.toString()}/auth/magic-link/request`, {
      method: 'POST',
      headers: { 'Content-Type': 'application/json' },
      body: JSON.stringify({ email: 'ada@example.com' }),
    });
    await waitFor('the request to wait for the lock', async () => {
      const { rowCount } = await superuser.query(
        'SELECT FROM pg_locks JOIN pg_database ON oid = database WHERE datname = $1 AND NOT granted',
        [database.name],
      );
      return rowCount === 0 ? undefined : true;
    });
    running.signal('SIGTERM');
    await waitFor('the public port to close', async () =>
      (await isOpen(publicPort)) ? undefined : true,
    );
    const series = await scrape(`http://${LOCALHOST}:${port.toString()}`);
    expect(series.get('mira_auth_database_up')).toBe(1);

    await superuser.query('ROLLBACK');
    expect((await underWay).status).toBe(200);
    const { code, stderr } = await running.ended();
    expect([code, stderr]).toEqual([0, '']);
    expect(await isOpen(port)).toBe(false);
    await superuser.end();
  });
});
