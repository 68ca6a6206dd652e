import { type ChildProcessByStdio, spawn } from 'node:child_process';
import { once } from 'node:events';
import { access, chmod, mkdtemp, readFile, rm } from 'node:fs/promises';
import { type AddressInfo, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { createInterface } from 'node:readline';
import type { Readable, Writable } from 'node:stream';
import { setTimeout as delay } from 'node:timers/promises';
import { pathToFileURL } from 'node:url';

import { Client } from 'pg';

const FOLDER = resolve(__dirname, '../../tools/embedded-postgres');

/** What a service does with the server: starts it, prints one line, stops it when told to. */
const HOST_SCRIPT = `
  import { startEmbeddedPostgres } from '${pathToFileURL(join(FOLDER, 'start-embedded-postgres.mjs')).href}';
  import { ensureRolesAndDatabase } from '${pathToFileURL(join(FOLDER, 'ensure-roles-and-database.mjs')).href}';
  try {
    const server = await startEmbeddedPostgres(JSON.parse(process.argv[1]));
    const { user, password } = server.superuser;
    const adminRole = { name: 'owner of "it"', password: "it's @ secret" };
    const appRole = { name: 'user', password: 'other' };
    await ensureRolesAndDatabase(server.urlFor('postgres', user, password), {
      adminRole, appRole, database: 'one "database"',
    });
    console.log(JSON.stringify({
      directory: server.directory,
      port: server.port,
      adminUrl: server.urlFor('one "database"', adminRole.name, adminRole.password),
      appUrl: server.urlFor('one "database"', appRole.name, appRole.password),
    }));
    process.stdin.once('data', () => server.stop().then(() => process.exit()));
  } catch (error) {
    console.log(JSON.stringify({ error: error.message }));
    process.exit(1);
  }
`;

interface Answer {
  readonly error?: string;
  readonly directory: string;
  readonly port: number;
  readonly adminUrl: string;
  readonly appUrl: string;
}

let parent: string;
let directory: string;
const hosts: ChildProcessByStdio<Writable, Readable, null>[] = [];

beforeEach(async () => {
  parent = await mkdtemp(join(tmpdir(), 'mira-auth-spec-'));
  // As root the server has another user, which has to get through to its data.
  await chmod(parent, 0o711);
  directory = join(parent, 'postgres');
});

afterEach(async () => {
  for (const host of hosts.splice(0)) await stop(host);
  await rm(parent, { recursive: true, force: true });
});

test.each([
  ['stop', stop],
  ['kill', kill],
])('data are there again at the start right after a %s', async (_how, end) => {
  const first = await start({ directory, persistent: true });
  await queryOnce(first.answer.adminUrl, 'CREATE TABLE kept (n int)');
  await end(first.host);

  const second = await start({ directory, persistent: true });
  expect(await queryOnce(second.answer.adminUrl, 'SELECT * FROM kept')).toEqual([]);
});

const testAsRoot = process.getuid?.() === 0 ? test : test.skip;

testAsRoot("data are kept elsewhere when root's folder is closed to the server", async () => {
  await chmod(parent, 0o700);
  const first = await start({ directory, persistent: true });
  try {
    await queryOnce(first.answer.adminUrl, 'CREATE TABLE kept (n int)');
    await stop(first.host);

    const second = await start({ directory, persistent: true });
    expect(second.answer.directory).toBe(first.answer.directory);
    expect(second.answer.directory).not.toContain(parent);
    expect(await queryOnce(second.answer.adminUrl, 'SELECT * FROM kept')).toEqual([]);
    await stop(second.host);
  } finally {
    await rm(first.answer.directory, { recursive: true, force: true });
  }
});

test('a server that is not persistent is like an installation, and leaves nothing', async () => {
  const { host, answer } = await start({ directory, persistent: false });
  const [row] = await queryOnce(
    answer.appUrl,
    `SELECT current_setting('server_encoding') AS encoding, current_setting('timezone') AS timezone,
            current_setting('listen_addresses') AS address, lower('ÄÉ') AS lower`,
  );
  expect(row).toEqual({ encoding: 'UTF8', timezone: 'UTC', address: '127.0.0.1', lower: 'äé' });

  await queryOnce(answer.adminUrl, 'CREATE TABLE owned (n int)');
  await expect(queryOnce(answer.appUrl, 'CREATE TABLE more (n int)')).rejects.toThrow(/denied/);
  await expect(queryOnce(answer.appUrl, 'SELECT * FROM owned')).rejects.toThrow(/denied/);

  await stop(host);
  await expect(access(answer.directory)).rejects.toThrow(/ENOENT/);
  await expect(queryOnce(answer.appUrl, 'SELECT 1')).rejects.toThrow(/ECONNREFUSED/);
});

test('the server stops when the process that started it is killed', async () => {
  const { host, answer } = await start({ directory, persistent: false });
  await kill(host);
  expect(await isGoneSoon(answer.appUrl)).toBe(true);
});

test('a server that nobody watches over any more is stopped by the next start', async () => {
  const first = await start({ directory, persistent: true });
  await queryOnce(first.answer.adminUrl, 'CREATE TABLE kept (n int)');
  const [supervisor] = (await readFile(join(directory, 'supervisor.pid'), 'utf8')).split(' ');
  process.kill(Number(supervisor), 'SIGKILL');
  await kill(first.host);
  expect(await queryOnce(first.answer.appUrl, 'SELECT 1 AS one')).toEqual([{ one: 1 }]);

  const second = await start({ directory, persistent: true });
  expect(await queryOnce(second.answer.adminUrl, 'SELECT * FROM kept')).toEqual([]);
  expect(await isGoneSoon(first.answer.appUrl)).toBe(true);
});

test('a directory that another process works with is refused, and that process goes on', async () => {
  const first = await start({ directory, persistent: true });
  const second = await start({ directory, persistent: true });
  expect(second.answer.error).toBe(
    `the database in ${directory} is in use by process ${first.host.pid!}`,
  );
  expect(await queryOnce(first.answer.appUrl, 'SELECT 1 AS one')).toEqual([{ one: 1 }]);
});

test('a port that is in use is one clear line', async () => {
  const occupant = createServer().listen(0, '127.0.0.1');
  await once(occupant, 'listening');
  const { port } = occupant.address() as AddressInfo;
  const { answer } = await start({ directory, persistent: false, port });
  expect(answer.error).toBe(`port ${port} on 127.0.0.1 cannot be used for PostgreSQL`);
  occupant.close();
});

test("PostgreSQL's own reason is told when it does not start", async () => {
  const settings = { no_such_setting: 'on' };
  const { answer } = await start({ directory, persistent: false, settings });
  expect(answer.error).toMatch(/^PostgreSQL did not start: .*"no_such_setting"$/);
});

async function start(options: object) {
  const host = spawn(
    process.execPath,
    ['--input-type=module', '--eval', HOST_SCRIPT, JSON.stringify(options)],
    { stdio: ['pipe', 'pipe', 'inherit'] },
  );
  hosts.push(host);
  const [line] = await once(createInterface(host.stdout), 'line');
  const answer: Answer = JSON.parse(String(line));
  return { host, answer };
}

async function stop(host: ChildProcessByStdio<Writable, Readable, null>) {
  if (host.exitCode !== null || host.signalCode !== null) return;
  const exited = once(host, 'exit');
  // One that has failed is about to exit by itself, and may no longer read.
  host.stdin.on('error', () => undefined);
  host.stdin.write('stop');
  await exited;
}

async function kill(host: ChildProcessByStdio<Writable, Readable, null>) {
  const exited = once(host, 'exit');
  host.kill('SIGKILL');
  await exited;
}

async function queryOnce(url: string, sql: string): Promise<unknown[]> {
  const client = new Client({ connectionString: url });
  await client.connect();
  try {
    return (await client.query(sql)).rows;
  } finally {
    await client.end();
  }
}

/** Whether the server is gone, which takes a moment. */
async function isGoneSoon(url: string): Promise<boolean> {
  const deadline = performance.now() + 10_000;
  while (performance.now() < deadline) {
    const outcome = await queryOnce(url, 'SELECT 1').catch(String);
    if (outcome.includes('ECONNREFUSED')) return true;
    await delay(20);
  }
  return false;
}
