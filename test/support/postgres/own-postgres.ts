import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { pathToFileURL } from 'node:url';

import { inRepository } from '../repository';

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
