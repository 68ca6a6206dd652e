import { Client } from 'pg';

import { DEFAULT_CLEAN_UP_SETTINGS } from '../../../src/clean-up/clean-up-settings';
import { ExpiredRows } from '../../support/parts/expired-rows';
import { createTestDatabase, type TestDatabase } from '../../support/postgres/database';
import { Halt } from '../../support/postgres/halt';
import { productionEnvironment } from '../../support/processes/production-environment';
import { type ProcessEnd, ServiceProcess } from '../../support/processes/service-process';

const CANARY = 'canary-5eed';
const DAY = 86_400;

let database: TestDatabase;
let superuser: Client;
let environment: Record<string, string>;
let rows: ExpiredRows;
let halt: Halt | undefined;
const running: ServiceProcess[] = [];

const sql = async <Row extends object = Record<string, unknown>>(
  text: string,
  parameters: unknown[] = [],
): Promise<Row[]> => (await superuser.query<Row>(text, parameters)).rows;

beforeAll(async () => {
  database = await createTestDatabase();
  environment = productionEnvironment(database.appUrl);
  superuser = new Client({ connectionString: database.superuserUrl });
  await superuser.connect();
  rows = new ExpiredRows(sql);
});

afterEach(() => Promise.all(running.splice(0).map((started) => started.kill())));

afterAll(async () => {
  await halt?.close();
  await superuser.end();
  await database.drop();
});

function start(env: Record<string, string>, ...args: string[]): ServiceProcess {
  const started = new ServiceProcess({ file: 'src/cli/clean-up.ts', args, env });
  running.push(started);
  return started;
}

/** What the last line of the log says. */
const lastRecord = ({ stdout }: ProcessEnd): unknown =>
  JSON.parse(stdout.trimEnd().split('\n').at(-1) ?? '');

describe('the clean-up as a command', () => {
  it('cleans up once, with the retention of its environment, and tells what it deleted', async () => {
    await rows.session({ expiredFor: 31 * DAY });
    await rows.link({ expiredFor: 3 * DAY });
    await rows.link({ expiredFor: DAY });
    const end = await start({
      ...environment,
      AUTH_LINK_RETENTION_DAYS: '2',
      AUTH_CLEAN_UP_INTERVAL_MINUTES: '0',
    }).ended();

    expect([end.code, end.stderr]).toEqual([0, '']);
    expect(lastRecord(end)).toMatchObject({
      message: 'Cleaned up',
      outcome: 'completed',
      sessions: 1,
      magic_links: 2,
      mails: 0,
    });
    expect(await sql('SELECT FROM magic_links')).toHaveLength(1);
    expect(await sql('SELECT FROM user_sessions')).toHaveLength(0);
    expect(
      await sql(`SELECT FROM security_events WHERE type = 'expired_data.deleted'`),
    ).toHaveLength(1);
  });

  it('stops at SIGTERM after the batch under way', async () => {
    const { batchSize } = DEFAULT_CLEAN_UP_SETTINGS;
    await sql(`
      INSERT INTO code_lockouts (key, updated_at)
      SELECT n::text, now() - interval '31 days' FROM generate_series(1, ${3 * batchSize}) AS n`);
    halt = await Halt.installOnDeletions('code_lockouts', database);
    await halt.hold();
    const process = start(environment);
    await halt.held();
    process.signal('SIGTERM');
    await halt.release();

    const end = await process.ended();
    expect([end.code, end.stderr]).toEqual([0, '']);
    expect(lastRecord(end)).toMatchObject({ outcome: 'stopped', code_lockouts: batchSize });
    expect(await sql('SELECT FROM code_lockouts')).toHaveLength(2 * batchSize);
  });

  it('tells how it is called, and what is wrong in one line', async () => {
    const away = new URL(database.appUrl);
    away.port = '1';
    away.password = CANARY;
    const [help, argument, secret, unreachable] = await Promise.all([
      start({}, '--help').ended(),
      start(environment, CANARY).ended(),
      start({ ...environment, AUTH_MAIL_RETENTION_DAYS: CANARY }).ended(),
      start({ ...environment, AUTH_DATABASE_URL: away.href }).ended(),
    ]);

    expect([help.code, help.stderr]).toEqual([0, '']);
    expect(help.stdout).toMatch(/^Usage: npm run clean-up\n/);
    expect([argument.code, argument.stderr]).toEqual([
      2,
      'npm run clean-up takes no arguments: see --help\n',
    ]);
    for (const [failed, line] of [
      [secret, /^npm run clean-up: AUTH_MAIL_RETENTION_DAYS must be a whole number/],
      [unreachable, /^npm run clean-up: the database cannot be reached \(ECONNREFUSED\)/],
    ] as const) {
      expect(failed.code).toBe(1);
      expect(failed.stderr).toMatch(line);
      expect(failed.stderr.trimEnd()).not.toContain('\n');
      expect(failed.stderr + failed.stdout).not.toContain(CANARY);
    }
  });
});
