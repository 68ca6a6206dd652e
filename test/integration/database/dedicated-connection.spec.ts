import { Logger } from '@nestjs/common';
import type { DataSource } from 'typeorm';

import { DedicatedConnection } from '../../../src/database/dedicated-connection.service';
import { createDataSource } from '../../../src/database/driver/data-source';
import { CapturingLogger } from '../../support/capturing-logger';
import { createTestDatabase, type TestDatabase } from '../../support/postgres/database';
import { waitFor } from '../../support/wait-for';

const LISTENERS = `pid <> pg_backend_pid() AND datname = current_database()
  AND application_name = 'mira-auth-listener'`;

let database: TestDatabase;
let superuser: DataSource;
let dataSource: DataSource;
let listener: DedicatedConnection;

beforeAll(async () => {
  Logger.overrideLogger(false);
  database = await createTestDatabase();
  superuser = await connect(database.superuserUrl);
});

beforeEach(async () => {
  dataSource = await connect(database.appUrl);
  listener = new DedicatedConnection(dataSource);
});

afterEach(async () => {
  await listener.onApplicationShutdown();
  await dataSource.destroy();
});

afterAll(async () => {
  await superuser.destroy();
  await database.drop();
});

async function connect(url: string): Promise<DataSource> {
  return createDataSource({ url, ssl: false, poolSize: 2, entities: [] }).initialize();
}

async function notify(channel: string, payload: string): Promise<void> {
  await dataSource.query('SELECT pg_notify($1, $2)', [channel, payload]);
}

/** How many connections the listener has. */
async function connections(): Promise<number> {
  const rows = await superuser.query<unknown[]>(`SELECT FROM pg_stat_activity WHERE ${LISTENERS}`);
  return rows.length;
}

/** Keeps what it hears. */
function newHandler() {
  const heard: string[] = [];
  let connections = 0;
  return {
    heard,
    connections: () => connections,
    onNotification: (payload: string) => heard.push(payload),
    onConnected: () => {
      connections += 1;
    },
    connected: (times: number) =>
      waitFor(`connection ${times.toString()}`, () => (connections >= times ? true : undefined)),
  };
}

it('hands each notification to the handlers of its channel', async () => {
  const one = newHandler();
  const same = newHandler();
  const other = newHandler();
  listener.subscribe('one', one);
  listener.subscribe('one', same);
  listener.subscribe('"other"; channel', other);
  await Promise.all([one, same, other].map((handler) => handler.connected(1)));
  await notify('one', 'first');
  await notify('"other"; channel', 'second');
  await waitFor('the second', () => other.heard[0]);
  expect([one.heard, same.heard, other.heard]).toEqual([['first'], ['first'], ['second']]);
});

it('takes subscriptions while it listens already, on the same connection', async () => {
  const early = newHandler();
  listener.subscribe('early', early);
  await early.connected(1);
  const late = newHandler();
  listener.subscribe('late', late);
  await late.connected(1);
  await notify('late', 'heard');
  await waitFor('the notification', () => late.heard[0]);
  expect(await connections()).toBe(1);
});

it('comes back after its connection was lost, and says so', async () => {
  const handler = newHandler();
  listener.subscribe('channel', handler);
  await handler.connected(1);
  await superuser.query(
    `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE ${LISTENERS}`,
  );
  await handler.connected(2);
  await notify('channel', 'after');
  await waitFor('the notification', () => handler.heard[0]);
  expect(handler.heard).toEqual(['after']);
});

it('begins to listen when a database that was away is there', async () => {
  const logger = new CapturingLogger();
  Logger.overrideLogger(logger);
  const handler = newHandler();
  await superuser.query(`ALTER DATABASE ${database.name} CONNECTION LIMIT 0`);
  try {
    listener.subscribe('channel', handler);
    await waitFor('the refusal', () => logger.lines[0]);
    expect(handler.connections()).toBe(0);
  } finally {
    await superuser.query(`ALTER DATABASE ${database.name} CONNECTION LIMIT -1`);
    Logger.overrideLogger(false);
  }
  await handler.connected(1);
  expect(await connections()).toBe(1);
});

it('makes no connection, and calls nobody, when it is closed while it connects', async () => {
  const handler = newHandler();
  listener.subscribe('channel', handler);
  await listener.onApplicationShutdown();
  await waitFor('the connection to end', async () =>
    (await connections()) === 0 ? true : undefined,
  );
  expect(handler.connections()).toBe(0);
});

it('leaves no connection behind when it is closed', async () => {
  const handler = newHandler();
  listener.subscribe('channel', handler);
  await handler.connected(1);
  await listener.onApplicationShutdown();
  await waitFor('the connection to end', async () =>
    (await connections()) === 0 ? true : undefined,
  );
  expect(handler.connections()).toBe(1);
});
