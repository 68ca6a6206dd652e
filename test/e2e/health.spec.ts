import { Drain } from '../../src/app/process/drain.service';
import { AUTH_DATA_SOURCE, type HostDataSource } from '../../src/database/driver/data-source';
import { startTestService, type TestService } from '../support/test-service';
import { waitFor } from '../support/wait-for';

describe('health', () => {
  let service: TestService;

  beforeAll(async () => {
    service = await startTestService();
  });

  afterAll(() => service.stop());

  it('is answered without a session', async () => {
    const live = await service.http.get('/health/live');
    expect([live.status, live.body]).toEqual([200, { status: 'ok' }]);
    const ready = await service.http.get('/health/ready');
    expect([ready.status, ready.body]).toEqual([
      200,
      {
        status: 'ok',
        checks: { database: 'ok', migrations: 'ok', session_lease: expect.any(String) },
      },
    ]);
    expect(ready.headers['cache-control']).toBe('no-store');
  });

  it('tells whether sessions are answered for from memory', async () => {
    await waitFor('the lease', async () => {
      const { body } = await service.http.get('/health/ready');
      return body.checks.session_lease === 'held' ? true : undefined;
    });
  });

  it('is not ready while the schema is older than this release, and is when it was migrated', async () => {
    const moved = 'ALTER TABLE mira_auth_migrations RENAME TO elsewhere';
    const back = 'ALTER TABLE elsewhere RENAME TO mira_auth_migrations';
    const [newest] = await service.sql<{ name: string; timestamp: string }>(
      'DELETE FROM mira_auth_migrations WHERE id = (SELECT max(id) FROM mira_auth_migrations) RETURNING name, timestamp',
    );
    expect(await problemOf('/health/ready')).toMatchObject({
      status: 503,
      code: 'unavailable',
      detail: 'The database schema is not migrated yet.',
    });
    await service.sql('INSERT INTO mira_auth_migrations (name, timestamp) VALUES ($1, $2)', [
      newest?.name,
      newest?.timestamp,
    ]);
    expect((await service.http.get('/health/ready')).status).toBe(200);
    await service.sql(moved);
    expect((await service.http.get('/health/ready')).status).toBe(503);
    await service.sql(back);
  });

  it('is alive but not ready while the database is away, and recovers unaided', async () => {
    const name = service.database.name;
    await service.sql(`ALTER DATABASE ${name} CONNECTION LIMIT 0`);
    await service.sql(
      `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = 'mira_app' AND datname = $1`,
      [name],
    );
    expect((await service.http.get('/health/live')).status).toBe(200);
    const answer = await service.http.get('/health/ready');
    expect(answer.headers['content-type']).toMatch(/^application\/problem\+json/);
    expect(answer.headers['retry-after']).toBe('1');
    expect(answer.body).toMatchObject({
      code: 'unavailable',
      detail: 'The database is not reachable.',
    });
    await service.sql(`ALTER DATABASE ${name} CONNECTION LIMIT -1`);
    expect((await service.http.get('/health/ready')).status).toBe(200);
  });

  it('answers in time when the database does not, and asks it once for all who ask', async () => {
    const dataSource = service.app.get<HostDataSource>(AUTH_DATA_SOURCE);
    const queries = jest.spyOn(dataSource, 'query');
    await service.http.get('/health/ready');
    const queriesOfOneCheck = queries.mock.calls.length;
    queries.mockClear();
    await service.sql('BEGIN');
    await service.sql('LOCK TABLE mira_auth_migrations IN ACCESS EXCLUSIVE MODE');
    const started = performance.now();
    const answers = await Promise.all(
      Array.from({ length: 20 }, () => service.http.get('/health/ready')),
    );
    expect(performance.now() - started).toBeLessThan(2_900);
    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([503]));
    expect(answers[0]?.body).toMatchObject({ detail: 'The database does not answer in time.' });
    expect(queries).toHaveBeenCalledTimes(queriesOfOneCheck);
    await service.sql('ROLLBACK');
    expect((await service.http.get('/health/ready')).status).toBe(200);
  });

  it('takes no other method', async () => {
    const answer = await service.http.post('/health/ready');
    expect([answer.status, answer.headers['allow']]).toEqual([405, 'GET, HEAD, OPTIONS']);
  });

  // The last one: there is no way back.
  it('is not ready from the moment on that the service is stopping', async () => {
    service.app.get(Drain).announce();
    expect(await problemOf('/health/ready')).toMatchObject({
      code: 'unavailable',
      detail: 'The service is shutting down.',
    });
    expect((await service.http.get('/health/live')).status).toBe(200);
  });

  async function problemOf(path: string): Promise<unknown> {
    return (await service.http.get(path)).body;
  }
});

describe('the log of requests', () => {
  let service: TestService;

  beforeAll(async () => {
    service = await startTestService();
  });

  afterAll(() => service.stop());

  /** The one access record of a request. */
  async function recordOf(id: string, work: () => PromiseLike<unknown>): Promise<string[]> {
    await work();
    return service.logger.lines.filter((line) => line.includes(id) && line.includes('duration_ms'));
  }

  it('names the pattern of the route, never what the client wrote', async () => {
    const id = 'canary-request-1';
    const lines = await recordOf(id, () =>
      service.http.delete('/auth/sessions/canary-path?q=canary-query').set('X-Request-Id', id),
    );
    expect(lines).toHaveLength(1);
    expect(lines[0]).toMatch(/"method":"DELETE","route":"\/auth\/sessions\/:\w+","status":401/);
    expect(lines[0]).not.toMatch(/canary-path|canary-query/);
  });

  it('has a record of what no route answered', async () => {
    const id = 'canary-request-2';
    const lines = await recordOf(id, () =>
      service.http.get('/canary-path').set('X-Request-Id', id),
    );
    expect(lines).toEqual([expect.stringMatching(/"route":"-","status":404/)]);
  });

  it('stays silent about health that is well', async () => {
    const id = 'canary-request-3';
    const lines = await recordOf(id, () =>
      service.http.get('/health/live').set('X-Request-Id', id),
    );
    expect(lines).toEqual([]);
  });
});
