import { once } from 'node:events';
import { createServer } from 'node:net';

import {
  startSmtpServer,
  type TestSmtpServer,
  type TestSmtpSettings,
} from '../../support/mail/smtp';
import { createTestDatabase } from '../../support/postgres/database';
import { productionEnvironment } from '../../support/processes/production-environment';
import { type ProcessEnd, ServiceProcess } from '../../support/processes/service-process';
import { startTestService, type TestService } from '../../support/test-service';
import { waitFor } from '../../support/wait-for';

const CANARY = 'canary-5eed';

/** A service that queues mails and leaves them to others. */
let service: TestService;
let environment: Record<string, string>;

beforeAll(async () => {
  const database = await createTestDatabase();
  environment = productionEnvironment(database.appUrl);
  service = await startTestService({
    database,
    masterKey: environment['AUTH_MASTER_KEY'] ?? '',
    options: { mailWorker: false },
  });
});

afterAll(async () => {
  await service.stop();
  await service.database.drop();
});

const worker = (env: Record<string, string>, ...args: string[]): ServiceProcess =>
  new ServiceProcess({ file: 'src/cli/mail-worker.ts', args, env });

const workerAt = ({ port }: TestSmtpServer): ServiceProcess =>
  worker({ ...environment, AUTH_SMTP_URL: `smtp://127.0.0.1:${port.toString()}` });

const ask = async (email: string): Promise<void> => {
  const response = await service.http.post('/auth/magic-link/request').send({ email });
  expect([response.status, response.body.code]).toEqual([200, undefined]);
};

const states = async (): Promise<string[]> => {
  const rows = await service.sql<{ state: string }>(
    'SELECT state FROM mail_outbox ORDER BY created_at',
  );
  return rows.map(({ state }) => state);
};

describe('the mail worker as a command', () => {
  let server: TestSmtpServer | undefined;
  const running: ServiceProcess[] = [];

  const start = async (settings: TestSmtpSettings = {}): Promise<ServiceProcess> => {
    server = await startSmtpServer(settings);
    const started = workerAt(server);
    running.push(started);
    return started;
  };

  afterEach(async () => {
    await Promise.all(running.splice(0).map((started) => started.kill()));
    await server?.stop();
    server = undefined;
    await service.sql('DELETE FROM mail_outbox');
  });

  it('sends what is queued before and after its start, serves nothing, and stops at SIGINT', async () => {
    await ask('before@example.com');
    // Were it to listen on the port of a service beside it, it could not start.
    const other = createServer().listen(0, '127.0.0.1');
    await once(other, 'listening');
    environment['PORT'] = (other.address() as { port: number }).port.toString();
    const process = await start();
    await waitFor('the first mail', () => server?.mails[0]);
    await ask('after@example.com');
    await waitFor('the second mail', () => server?.mails[1]);
    await waitFor('both to be recorded', async () =>
      (await states()).every((state) => state === 'sent') ? true : undefined,
    );

    process.signal('SIGINT');
    const { code, stdout, stderr } = await process.ended();
    other.close();
    expect([code, stderr]).toEqual([0, '']);
    expect(stdout).not.toMatch(/Listening|@example\.com/);
    for (const line of stdout.trim().split('\n')) {
      expect(JSON.parse(line)).toMatchObject({ level: 'info', message: expect.any(String) });
    }

    expect(server?.mails.map(({ recipients }) => recipients)).toEqual([
      ['before@example.com'],
      ['after@example.com'],
    ]);
    expect(service.mailbox.list()).toEqual([]);
  });

  it('finishes the mail that it is sending at SIGTERM, and takes no other', async () => {
    let accept: (() => void) | undefined;
    const process = await start({
      beforeAccept: () => new Promise<void>((resolve) => (accept = resolve)),
    });
    await ask('slow@example.com');
    const accepting = await waitFor('the mail to be under way', () => accept);

    process.signal('SIGTERM');
    await waitFor('the worker to stop', () =>
      process.stdout.includes('Stopping') ? true : undefined,
    );
    await ask('later@example.com');
    accepting();
    const { code, stderr } = await process.ended();
    expect([code, stderr]).toEqual([0, '']);
    expect(server?.mails.map(({ recipients }) => recipients)).toEqual([['slow@example.com']]);
    expect(await states()).toEqual(['sent', 'pending']);
  });

  it('tells how it is called, and what is wrong in one line', async () => {
    const away = new URL(service.database.appUrl);
    away.port = '1';
    away.password = CANARY;
    const end = (env: Record<string, string>, ...args: string[]): Promise<ProcessEnd> =>
      worker(env, ...args).ended();
    const [help, argument, secret, database] = await Promise.all([
      end({}, '--help'),
      end(environment, CANARY),
      end({ ...environment, AUTH_MASTER_KEY: CANARY }),
      end({ ...environment, AUTH_DATABASE_URL: away.href }),
    ]);

    expect([help.code, help.stderr]).toEqual([0, '']);
    expect(help.stdout).toMatch(/^Usage: npm run mail-worker\n/);
    expect(argument.code).toBe(2);
    expect(argument.stderr).toBe('npm run mail-worker takes no arguments: see --help\n');
    for (const [failed, line] of [
      [secret, /: AUTH_MASTER_KEY must /],
      [database, /: the database cannot be reached \(ECONNREFUSED\): check AUTH_DATABASE_URL/],
    ] as const) {
      expect(failed.code).toBe(1);
      expect(failed.stderr).toMatch(line);
      expect(failed.stderr.trimEnd()).not.toContain('\n');
      expect(failed.stderr + failed.stdout).not.toContain(CANARY);
    }
  });
});
