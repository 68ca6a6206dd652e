import { once } from 'node:events';
import { Agent, type IncomingMessage, request } from 'node:http';

import { Client } from 'pg';

import { createTestDatabase, type TestDatabase } from '../support/postgres/database';
import { productionEnvironment } from '../support/processes/production-environment';
import { ServiceProcess } from '../support/processes/service-process';
import { waitFor } from '../support/wait-for';

interface Answer {
  readonly status: number;
  readonly connection: string | undefined;
  readonly body: string;
}

describe('the end of a service in production', () => {
  let database: TestDatabase;
  let superuser: Client;
  let service: ServiceProcess;
  let port: number;

  beforeEach(async () => {
    database = await createTestDatabase();
    superuser = new Client({ connectionString: database.superuserUrl });
    await superuser.connect();
    service = new ServiceProcess({
      file: 'src/app/main.ts',
      env: productionEnvironment(database.appUrl),
    });
    port = await service.port();
  });

  afterEach(async () => {
    await service.kill();
    await superuser.end();
    await database.drop();
  });

  async function send(path: string, agent: Agent, email?: string): Promise<Answer> {
    const outgoing = request({
      ...{ host: '127.0.0.1', port, path, agent, method: email === undefined ? 'GET' : 'POST' },
      headers: { 'Content-Type': 'application/json' },
    });
    outgoing.end(email === undefined ? undefined : JSON.stringify({ email }));
    const [response] = (await once(outgoing, 'response')) as [IncomingMessage];
    const body = (await response.toArray()).map(String).join('');
    return { status: response.statusCode ?? 0, connection: response.headers.connection, body };
  }

  /** Whether a request of the service waits for a lock of ours. */
  async function isBlocked(): Promise<true | undefined> {
    const { rowCount } = await superuser.query(
      'SELECT FROM pg_locks JOIN pg_database ON oid = database WHERE datname = $1 AND NOT granted',
      [database.name],
    );
    return rowCount === 0 ? undefined : true;
  }

  it('F10 comes after the requests under way, and readiness fails first', async () => {
    const agent = new Agent({ keepAlive: true });
    await send('/health/live', agent);
    await superuser.query('BEGIN; LOCK TABLE magic_links IN ACCESS EXCLUSIVE MODE');
    const underWay = send('/auth/magic-link/request', agent, 'ada@example.com');
    await waitFor('the request to wait for the lock', isBlocked);

    const started = performance.now();
    service.signal('SIGTERM');
    const refused = await waitFor('readiness to fail', async () => {
      const answer = await send('/health/ready', agent);
      return answer.status === 503 ? answer : undefined;
    });
    expect(refused).toMatchObject({ connection: 'close' });
    expect(refused.body).toContain('The service is shutting down.');
    // It still serves: balancers have not all noticed.
    expect((await send('/health/live', agent)).status).toBe(200);
    const error = await waitFor('the port to close', () =>
      send('/health/live', new Agent()).then(
        () => undefined,
        // Whoever connects at the moment of closing is reset by the kernel: the next try tells.
        (reason: unknown) => {
          const failure = reason as NodeJS.ErrnoException;
          return failure.code === 'ECONNRESET' ? undefined : failure;
        },
      ),
    );
    expect(error.code).toBe('ECONNREFUSED');
    expect(service.hasEnded).toBe(false);

    await superuser.query('ROLLBACK');
    expect(await underWay).toMatchObject({ status: 200, connection: 'close' });
    const end = await service.ended();
    expect([end.code, end.stderr]).toEqual([0, '']);
    expect(performance.now() - started).toBeLessThan(10_000);
    for (const line of end.stdout.trim().split('\n')) {
      expect(JSON.parse(line)).toMatchObject({ time: expect.stringMatching(/Z$/) });
    }

    expect(end.stdout).not.toContain('ada@example.com');
    agent.destroy();
  });

  it('comes at once on a second signal', async () => {
    await superuser.query('BEGIN; LOCK TABLE magic_links IN ACCESS EXCLUSIVE MODE');
    const cut = send('/auth/magic-link/request', new Agent(), 'ada@example.com').catch(
      (reason: unknown) => (reason as NodeJS.ErrnoException).code,
    );
    await waitFor('the request to wait for the lock', isBlocked);
    service.signal('SIGTERM');
    await waitFor('readiness to fail', async () => {
      const { status } = await send('/health/ready', new Agent());
      return status === 503 ? true : undefined;
    });
    // A repetition within half a second is the same wish: npm passes Ctrl-C on a second time.
    const again = setInterval(() => service.signal('SIGTERM'), 100);
    const end = await service.ended();
    clearInterval(again);
    expect(end.code).toBe(128 + 15);
    expect(await cut).toBe('ECONNRESET');
    await superuser.query('ROLLBACK');
  });
});
