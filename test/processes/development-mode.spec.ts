import { mkdtemp, readFile, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';

import { createTestDatabase } from '../support/postgres/database';
import { ServiceProcess } from '../support/processes/service-process';

const FILE = 'src/app/development/main.ts';
const SHELL = require.resolve('../support/processes/shell-of-npm.cjs');

describe('development mode', () => {
  const processes: ServiceProcess[] = [];
  let folder: string;

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'mira-auth-development-'));
  });

  afterEach(async () => {
    for (const running of processes.splice(0)) {
      running.signal('SIGTERM');
      await running.ended();
    }
    await rm(folder, { recursive: true, force: true });
  });

  function start(env: Record<string, string> = {}): ServiceProcess {
    const started = new ServiceProcess({ file: FILE, cwd: folder, env: { PORT: '0', ...env } });
    processes.push(started);
    return started;
  }

  const urlOf = async (running: ServiceProcess): Promise<string> =>
    `http://localhost:${(await running.port()).toString()}`;

  const post = (url: string, body: object): Promise<Response> =>
    fetch(url, {
      method: 'POST',
      headers: { 'Content-Type': 'application/json' },
      body: JSON.stringify(body),
    });

  it('signs a person in from nothing, and knows them after the next start', async () => {
    const first = start();
    const url = await urlOf(first);
    expect((await fetch(`${url}/docs`)).status).toBe(200);
    await post(`${url}/auth/magic-link/request`, { email: 'ada@example.com' });
    const token = await mailedToken(url);
    const answer = await post(`${url}/auth/magic-link/verify`, { token });
    const { session_token } = (await answer.json()) as { session_token: string };

    // One line in the terminal, with what opens the door.
    const line = first.stdout.split('\n').find((text) => text.includes('[Mailbox]'));
    expect(line).toContain(`ada@example.com: `);
    expect(line).toContain(token);

    first.signal('SIGINT');
    expect((await first.ended()).code).toBe(0);
    expect((await stat(join(folder, '.mira', 'master-key'))).mode & 0o777).toBe(0o600);

    const second = start({ AUTH_PUBLIC_URL: 'http://localhost:3000' });
    const session = await fetch(`${await urlOf(second)}/auth/session`, {
      headers: { Authorization: `Bearer ${session_token}` },
    });
    expect([session.status, await session.json()]).toMatchObject([
      200,
      { user: { email: 'ada@example.com' } },
    ]);
  }, 60_000);

  it('shows its mailbox as JSON to programs, as a page to people, and to nobody else', async () => {
    const url = await urlOf(start());
    await post(`${url}/auth/magic-link/request`, { email: 'ada@example.com' });
    await mailedToken(url);
    const json = (await (await fetch(`${url}/dev/mailbox`)).json()) as object;
    expect(json).toEqual({
      messages: [
        {
          id: expect.any(String) as string,
          to: 'ada@example.com',
          from: expect.stringContaining('@') as string,
          subject: expect.any(String) as string,
          text: expect.stringContaining('#token=') as string,
          html: expect.stringContaining('#token=') as string,
          received_at: expect.stringMatching(/Z$/) as string,
        },
      ],
    });
    const page = await fetch(`${url}/dev/mailbox`, { headers: { Accept: 'text/html,*/*;q=0.8' } });
    expect(page.headers.get('content-type')).toMatch(/^text\/html/);
    expect(page.headers.get('content-security-policy')).toMatch(/^default-src 'none'; style-src/);
    expect(await page.text()).toContain('ada@example.com');
    const proxied = await fetch(`${url}/dev/mailbox`, { headers: { 'X-Forwarded-For': '::1' } });
    const unknown = await fetch(`${url}/dev/nothing`);
    expect(await proxied.json()).toEqual(await unknown.json());
    const document = (await (await fetch(`${url}/openapi.json`)).json()) as { paths: object };
    expect(Object.keys(document.paths)).not.toContain('/dev/mailbox');
  });

  it('starts one service in a folder, and tells a second one so in a line', async () => {
    const port = (await start().port()).toString();
    const samePort = await start({ PORT: port }).ended();
    expect([samePort.code, samePort.stderr]).toEqual([
      1,
      `MIRA Auth cannot start: port ${port} is already in use: stop what uses it, or set PORT to another\n`,
    ]);
    const otherPort = await start().ended();
    expect(otherPort.code).toBe(1);
    expect(otherPort.stderr).toMatch(/^MIRA Auth cannot start: the database in .* is in use .*\n$/);
  });

  it('uses the database that the environment names, and migrates it as the admin role', async () => {
    const database = await createTestDatabase();
    const given = { AUTH_DATABASE_URL: database.appUrl };
    const admin = { AUTH_DATABASE_ADMIN_URL: database.adminUrl };
    const reverted = new ServiceProcess({
      file: 'src/cli/migrate-revert.ts',
      env: { ...given, ...admin },
    });
    expect((await reverted.ended()).code).toBe(0);
    expect((await start(given).ended()).stderr).toMatch(/run `npm run migrate` first\n$/);
    const running = start({ ...given, ...admin });
    expect((await fetch(`${await urlOf(running)}/health/ready`)).status).toBe(200);
    running.signal('SIGTERM');
    expect((await running.ended()).code).toBe(0);
    await expect(stat(join(folder, '.mira', 'postgres'))).rejects.toMatchObject({ code: 'ENOENT' });
    await database.drop();
  });

  it('stops when npm has stopped the shell that it was started in', async () => {
    const shell = new ServiceProcess({
      file: SHELL,
      args: [resolve(FILE)],
      cwd: folder,
      env: { PORT: '0', npm_lifecycle_event: 'start' },
    });
    const url = `http://localhost:${(await shell.port()).toString()}/health/live`;
    shell.signal('SIGKILL');
    // Comes when the service has closed the output that it shares with its shell.
    expect((await shell.ended()).stdout).toContain('[Service] Stopped\n');
    await expect(fetch(url)).rejects.toThrow();
  });

  it('is not to be had in production', async () => {
    const end = await start({ NODE_ENV: 'production' }).ended();
    expect([end.code, end.stderr]).toEqual([
      1,
      'MIRA Auth cannot start: npm start is development mode, which NODE_ENV=production rules out: use npm run start:prod\n',
    ]);
    await expect(readFile(join(folder, '.mira', 'master-key'))).rejects.toMatchObject({
      code: 'ENOENT',
    });
  });

  async function mailedToken(url: string): Promise<string> {
    for (;;) {
      const body = await (await fetch(`${url}/dev/mailbox`)).text();
      const token = /#token=([\w.-]+)/.exec(body)?.[1];
      if (token !== undefined) return token;
    }
  }
});
