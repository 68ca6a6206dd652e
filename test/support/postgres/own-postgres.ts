import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { pathToFileURL } from 'node:url';

import { migrate } from '../../../src/database/migrate';
import { inRepository } from '../repository';
import type { TestDatabase } from './database';
import { queryAs } from './query-as';

const STARTER = pathToFileURL(
  inRepository('tools/embedded-postgres/start-embedded-postgres.mjs'),
).href;

/** A process of its own: Jest cannot load the ES modules that start the server. */
const HOST_SCRIPT = `
  import { rm } from 'node:fs/promises';
  import { startEmbeddedPostgres } from '${STARTER}';
  const directory = process.argv[1];
  const start = (port) => startEmbeddedPostgres({ directory, persistent: true, port });
  let server = await start();
  const { port, superuser: { user, password } } = server;
  console.log(server.urlFor('postgres', user, password));
  process.stdin.on('data', async () => {
    await server.stop();
    server = await start(port);
    console.log('restarted');
  });
  process.stdin.once('end', async () => {
    await server.stop();
    // As root it is elsewhere than it was asked to be.
    await rm(server.directory, { recursive: true, force: true });
    process.exit();
  });
`;

/** A PostgreSQL server as it is after `initdb`, for tests that change what databases share. */
export interface OwnPostgres {
  readonly superuserUrl: string;
  /** The address of a role on this server. */
  urlFor(database: string, user: string, password: string): string;
  /** Stops the server, as an administrator does, and starts it again at the same address. */
  restart(): Promise<void>;
  /** Stops the server and removes its files. */
  stop(): Promise<void>;
}

export async function startOwnPostgres(): Promise<OwnPostgres> {
  const parent = await mkdtemp(join(tmpdir(), 'mira-auth-spec-'));
  const host = spawn(
    process.execPath,
    ['--input-type=module', '--eval', HOST_SCRIPT, join(parent, 'postgres')],
    { stdio: ['pipe', 'pipe', 'inherit'] },
  );
  const ended = once(host, 'exit');
  const lines = createInterface(host.stdout);
  const [superuserUrl] = await Promise.race([
    once(lines, 'line') as Promise<[string]>,
    ended.then(() => Promise.reject(new Error('PostgreSQL did not start'))),
  ]);
  return {
    superuserUrl,
    urlFor: (database, user, password) => {
      const url = new URL(superuserUrl);
      url.pathname = `/${database}`;
      url.username = user;
      url.password = encodeURIComponent(password);
      return url.href;
    },
    restart: async () => {
      const restarted = once(lines, 'line');
      host.stdin.write('restart\n');
      await restarted;
    },
    stop: async () => {
      host.stdin.end();
      await ended;
      await rm(parent, { recursive: true, force: true });
    },
  };
}

/**
 * Makes an installation on a server of its own: the two roles and a migrated database. It goes with
 * its server.
 */
export async function installOn(server: OwnPostgres): Promise<TestDatabase> {
  const name = 'mira_installed';
  const password = 'password';
  for (const role of ['mira_admin', 'mira_app']) {
    await queryAs(server.superuserUrl, `CREATE ROLE ${role} LOGIN PASSWORD '${password}'`);
  }

  await queryAs(server.superuserUrl, `CREATE DATABASE ${name} OWNER mira_admin`);
  // As every server has it that is not there for tests.
  await queryAs(server.superuserUrl, `ALTER DATABASE ${name} SET synchronous_commit = on`);
  const superuserUrl = new URL(server.superuserUrl);
  superuserUrl.pathname = `/${name}`;
  const database: TestDatabase = {
    name,
    adminUrl: server.urlFor(name, 'mira_admin', password),
    appUrl: server.urlFor(name, 'mira_app', password),
    superuserUrl: superuserUrl.href,
    drop: () => Promise.resolve(),
  };
  await migrate({ adminUrl: database.adminUrl, runtimeRole: 'mira_app' });
  return database;
}
