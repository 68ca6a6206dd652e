import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

import { createTestDatabase, type TestDatabase } from '../support/postgres/database';
import { productionEnvironment } from '../support/processes/production-environment';
import { type ProcessEnd, ServiceProcess } from '../support/processes/service-process';

const CANARY = 'canary-c0ffee';

describe('the start in production', () => {
  let database: TestDatabase;

  beforeAll(async () => {
    database = await createTestDatabase();
  });

  afterAll(() => database.drop());

  const runMain = (variables: Record<string, string>): Promise<ProcessEnd> =>
    new ServiceProcess({
      file: 'src/app/main.ts',
      env: { ...productionEnvironment(database.appUrl), ...variables },
    }).ended();

  /** One line on standard error, exit code 1, and nothing of what was given. */
  function expectFailure(end: ProcessEnd, line: RegExp): void {
    expect(end.stderr).toMatch(line);
    expect(end.stderr.trimEnd()).not.toContain('\n');
    expect(end.stderr + end.stdout).not.toContain(CANARY);
    expect(end.code).toBe(1);
  }

  it('fails with one line that names a variable of the wrong form', async () => {
    expectFailure(
      await runMain({ AUTH_MASTER_KEY: CANARY }),
      /^MIRA Auth cannot start: AUTH_MASTER_KEY must /,
    );
  });

  it('fails with one line when the port is in use', async () => {
    const other = createServer().listen(0, '127.0.0.1');
    await once(other, 'listening');
    const { port } = other.address() as AddressInfo;
    expectFailure(
      await runMain({ PORT: port.toString() }),
      new RegExp(`: port ${port.toString()} is already in use: `),
    );
    other.close();
  });

  it('fails with one line when the database refuses the role', async () => {
    const url = new URL(database.appUrl);
    url.password = CANARY;
    expectFailure(
      await runMain({ AUTH_DATABASE_URL: url.href }),
      /: the database refuses the user or the password: check AUTH_DATABASE_URL/,
    );
  });

  it('fails with one line on a schema that was not migrated, and starts after `migrate`', async () => {
    const env = { AUTH_DATABASE_ADMIN_URL: database.adminUrl, AUTH_DATABASE_URL: database.appUrl };
    const run = (file: string): Promise<ProcessEnd> => new ServiceProcess({ file, env }).ended();

    const reverted = await run('src/cli/migrate-revert.ts');
    expect(reverted).toMatchObject({ code: 0, stdout: expect.stringMatching(/^undid \w+\n$/) });
    expectFailure(await runMain({}), /: run `npm run migrate` first$/m);

    const migrated = await run('src/cli/migrate.ts');
    expect(migrated).toMatchObject({ code: 0, stderr: '' });
    expect(migrated.stdout).toBe(
      `ran ${reverted.stdout.trim().slice('undid '.length)}\ngranted what the service needs to mira_app\n`,
    );
    expect((await run('src/cli/migrate.ts')).stdout).toMatch(/^the schema is up to date\n/);

    const service = new ServiceProcess({
      file: 'src/app/main.ts',
      env: productionEnvironment(database.appUrl),
    });
    try {
      const answer = await fetch(
        `http://127.0.0.1:${(await service.port()).toString()}/health/ready`,
      );
      expect(answer.status).toBe(200);
    } finally {
      await service.kill();
    }
  });

  it('ignores credentials of the admin role, and has no development routes', async () => {
    const service = new ServiceProcess({
      file: 'src/app/main.ts',
      env: {
        ...productionEnvironment(database.appUrl),
        AUTH_DB_ADMIN_PASSWORD: CANARY,
        NODE_ENV: 'development',
      },
    });
    try {
      const url = `http://localhost:${(await service.port()).toString()}`;
      expect((await fetch(`${url}/dev/mailbox`)).status).toBe(404);
      const [first] = service.stdout.split('\n');
      expect(JSON.parse(first ?? '')).toMatchObject({
        level: 'warn',
        message: 'AUTH_DB_ADMIN_PASSWORD is ignored: the serving process must not hold it',
      });
      expect(service.stdout).not.toContain(CANARY);
    } finally {
      await service.kill();
    }
  });
});

describe('the commands that migrate', () => {
  it.each(['src/cli/migrate.ts', 'src/cli/migrate-revert.ts'])(
    'explain themselves: %s',
    async (file) => {
      const { code, stdout } = await new ServiceProcess({ file, args: ['--help'] }).ended();
      expect(code).toBe(0);
      expect(stdout).toMatch(/^Usage: npm run migrate/);
      expect(stdout).toContain('AUTH_DATABASE_ADMIN_URL');
    },
  );

  it('take no arguments', async () => {
    const end = await new ServiceProcess({ file: 'src/cli/migrate.ts', args: [CANARY] }).ended();
    expect([end.code, end.stderr]).toEqual([2, 'npm run migrate takes no arguments: see --help\n']);
  });

  it('fail with one line that names the variable', async () => {
    const env = { AUTH_DATABASE_ADMIN_URL: `postgres://admin:${CANARY}@127.0.0.1:1/auth_db` };
    const end = await new ServiceProcess({ file: 'src/cli/migrate.ts', env }).ended();
    expect(end.code).toBe(1);
    expect(end.stderr).toMatch(/^npm run migrate: the database cannot be reached .*\n$/);
    expect(end.stderr).toContain('AUTH_DATABASE_ADMIN_URL');
    expect(end.stderr).not.toContain(CANARY);
  });
});
