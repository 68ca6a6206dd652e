import { Client as PgClient } from 'pg';

import { CleanUp } from '../../../src/clean-up/clean-up.service';
import { UnavailableError } from '../../../src/common/errors';
import { expectInvariants } from '../../support/attacks/invariants';
import { BEHIND_PROXY, type Client } from '../../support/http/client';
import {
  type CleanUpProcess,
  type CleanUpProcessSettings,
  RETENTION_SECONDS,
  startCleanUpProcess,
} from '../../support/parts/clean-up';
import { ExpiredRows } from '../../support/parts/expired-rows';
import { createTestDatabase, type TestDatabase } from '../../support/postgres/database';
import { Halt } from '../../support/postgres/halt';
import { TcpProxy } from '../../support/postgres/tcp-proxy';
import { privately } from '../../support/privately';
import type { SignedIn } from '../../support/sign-in/sign-in-flow';
import { startTestService } from '../../support/test-service';
import { waitFor } from '../../support/wait-for';

/** Clearly past the retention, and clearly within it, however slow the machine is. */
const LONG = RETENTION_SECONDS + 1;
const SHORT = RETENTION_SECONDS - 600;
const DAY = 86_400;

/** What is deleted, as the trail calls it. */
const KINDS = [
  'rate_limits',
  'code_lockouts',
  'mail_pauses',
  'devices',
  'abandoned_mails',
  'mails',
  'magic_links',
  'sessions',
  'session_revocations',
] as const;
const NOTHING = Object.fromEntries(KINDS.map((kind) => [kind, 0])) as Record<
  (typeof KINDS)[number],
  number
>;

let database: TestDatabase;
let superuser: PgClient;
let rows: ExpiredRows;
let halt: Halt | undefined;
const processes: CleanUpProcess[] = [];

const sql = async <Row extends object = Record<string, unknown>>(
  text: string,
  parameters: unknown[] = [],
): Promise<Row[]> => (await superuser.query<Row>(text, parameters)).rows;

beforeEach(async () => {
  database = await createTestDatabase();
  superuser = new PgClient({ connectionString: database.superuserUrl });
  await superuser.connect();
  rows = new ExpiredRows(sql);
});

afterEach(async () => {
  await Promise.all(processes.splice(0).map((started) => started.stop()));
  await halt?.close();
  halt = undefined;
  await superuser.end();
  await database.drop();
});

async function start(settings: Omit<CleanUpProcessSettings, 'url'> = {}): Promise<CleanUpProcess> {
  const started = await startCleanUpProcess({ url: database.appUrl, ...settings });
  processes.push(started);
  return started;
}

const idsIn = async (table: string): Promise<string[]> =>
  (await sql<{ id: string }>(`SELECT id FROM ${table} ORDER BY id`)).map(({ id }) => id);

const keysIn = async (table: string): Promise<string[]> =>
  (await sql<{ key: string }>(`SELECT key FROM ${table} ORDER BY key`)).map(({ key }) => key);

const count = async (table: string): Promise<number> => (await sql(`SELECT FROM ${table}`)).length;

/** What the trail says of clean-ups, oldest first. */
const recorded = async (): Promise<object[]> =>
  (
    await sql<{ details: object }>(
      `SELECT details FROM security_events WHERE type = 'expired_data.deleted' ORDER BY seq`,
    )
  ).map(({ details }) => details);

/** Has every deletion from a table wait. */
async function haltDeletions(table: string): Promise<Halt> {
  halt = await Halt.installOnDeletions(table, database);
  await halt.hold();
  return halt;
}

describe('a clean-up', () => {
  it('deletes unused links whose retention has passed, with their mails, and no others', async () => {
    await rows.link({ expiredFor: LONG });
    await rows.link({ expiredFor: LONG, mail: 'dead' });
    const kept = [
      await rows.link({ expiredFor: SHORT }),
      await rows.link({ expiredFor: -60 }),
      // I7: its mail has not come to its end.
      await rows.link({ expiredFor: LONG, mail: 'pending' }),
    ].sort();

    const cleaning = await start();
    await expect(cleaning.run()).resolves.toBe('completed');

    expect(await idsIn('magic_links')).toEqual(kept);
    const mails = await sql<{ magic_link_id: string }>('SELECT magic_link_id FROM mail_outbox');
    expect(mails.map((mail) => mail.magic_link_id).sort()).toEqual(kept);
    expect(await recorded()).toEqual([{ ...NOTHING, magic_links: 2 }]);
  });

  it('deletes a link with a pending mail once that has ended', async () => {
    const id = await rows.link({ expiredFor: LONG, mail: 'pending' });
    const cleaning = await start();
    await cleaning.run();
    expect(await idsIn('magic_links')).toEqual([id]);

    await sql(`UPDATE mail_outbox SET state = 'expired'`);
    await cleaning.run();
    expect(await idsIn('magic_links')).toEqual([]);
  });

  it('deletes sessions whose retention has passed together with the links they came of (I2)', async () => {
    await rows.session({ expiredFor: LONG });
    await rows.session({ expiredFor: LONG, hasLink: false });
    const kept = [
      await rows.session({ expiredFor: SHORT }),
      await rows.session({ expiredFor: SHORT, hasLink: false }),
      await rows.session({ expiredFor: -60 }),
      await rows.session({ expiredFor: LONG, mail: 'pending' }),
    ];
    // A session that was ended stands as long as one that was not.
    await sql('UPDATE user_sessions SET is_active = false WHERE id = $1', [kept[2]?.id]);

    const cleaning = await start();
    await expect(cleaning.run()).resolves.toBe('completed');

    expect(await idsIn('user_sessions')).toEqual(kept.map(({ id }) => id).sort());
    // All of them expired long ago, and all are used.
    const links = kept.flatMap(({ linkId }) => linkId ?? []).sort();
    expect(await idsIn('magic_links')).toEqual(links);
    expect(await recorded()).toEqual([{ ...NOTHING, magic_links: 1, sessions: 2 }]);
  });

  it('deletes mails that ended long ago in whatever way, and none that is pending', async () => {
    for (const state of ['sent', 'expired', 'cancelled', 'dead']) {
      await rows.mail({ state, untouchedFor: LONG });
    }

    const kept = [
      await rows.mail({ state: 'sent', untouchedFor: SHORT, dueFor: LONG }),
      await rows.mail({ state: 'pending', untouchedFor: LONG, dueFor: LONG }),
    ].sort();

    await (await start()).run();

    expect(await idsIn('mail_outbox')).toEqual(kept);
    expect(await recorded()).toEqual([{ ...NOTHING, mails: 4 }]);
  });

  it('ends mails that were due for two days and that no worker has', async () => {
    const abandoned = [
      await rows.mail({ state: 'pending', untouchedFor: LONG, dueFor: 2 * DAY + 1 }),
      await rows.mail({ state: 'pending', untouchedFor: LONG, dueFor: 9 * DAY, leasedFor: -1 }),
    ].sort();
    await rows.mail({ state: 'pending', untouchedFor: LONG, dueFor: 2 * DAY - 600 });
    await rows.mail({ state: 'pending', untouchedFor: LONG, dueFor: 9 * DAY, leasedFor: 600 });

    await (await start()).run();

    const ended = await sql<{ id: string }>(
      `SELECT id FROM mail_outbox WHERE state = 'expired' AND last_error = 'abandoned' ORDER BY id`,
    );
    expect(ended.map(({ id }) => id)).toEqual(abandoned);
    expect(await count(`mail_outbox WHERE state = 'pending'`)).toBe(2);
    expect(await recorded()).toEqual([{ ...NOTHING, abandoned_mails: 2 }]);
  });

  it('deletes limits and markers that have expired, wherever in the table they are', async () => {
    await sql(
      `INSERT INTO rate_limits (key, expires_at)
       SELECT 'row-' || n, now() + CASE WHEN n % 100 = 0 THEN interval '1 hour'
                                        ELSE interval '-1 second' END
         FROM generate_series(1, 12000) AS n`,
    );
    await rows.limit('marker:expired', 1);
    await rows.limit('marker:standing', -60);

    await (await start()).run();

    const standing = Array.from({ length: 120 }, (_, n) => `row-${((n + 1) * 100).toString()}`);
    expect(await keysIn('rate_limits')).toEqual(['marker:standing', ...standing.sort()]);
    expect(await recorded()).toEqual([{ ...NOTHING, rate_limits: 11_881 }]);
  });

  it('deletes counts of wrong codes that neither lock nor were touched for 30 days', async () => {
    await rows.lockout('idle', 30 * DAY + 1, null);
    await rows.lockout('was locked', 40 * DAY, -1);
    await rows.lockout('still locks', 40 * DAY, 600);
    await rows.lockout('touched', 30 * DAY - 600, null);

    await (await start()).run();

    expect(await keysIn('code_lockouts')).toEqual(['still locks', 'touched']);
    expect(await recorded()).toEqual([{ ...NOTHING, code_lockouts: 2 }]);
  });

  it('deletes pauses of mails that ended a day ago, and no others', async () => {
    await rows.pause('over', DAY + 1);
    await rows.pause('long over', 30 * DAY);
    await rows.pause('just over', DAY - 600);
    await rows.pause('stands', -600);
    // Of one mailbox and two networks, each on its own.
    await rows.pause('two', DAY + 1, 'first network');
    await rows.pause('two', -600, 'second network');

    await (await start()).run();

    const left = await sql('SELECT mailbox, network FROM mail_pauses ORDER BY mailbox');
    expect(left).toEqual([
      { mailbox: 'just over', network: 'a network' },
      { mailbox: 'stands', network: 'a network' },
      { mailbox: 'two', network: 'second network' },
    ]);
    expect(await recorded()).toEqual([{ ...NOTHING, mail_pauses: 3 }]);
  });

  it('deletes devices that nobody has used for 90 days, and no others', async () => {
    await rows.device(90 * DAY + 1);
    await rows.device(90 * DAY + 1, { forgottenFor: 80 * DAY });
    await rows.device(400 * DAY);
    const kept = [
      await rows.device(90 * DAY - 600),
      // Its report can be undone.
      await rows.device(2 * DAY, { forgottenFor: DAY }),
      await rows.device(0),
    ].sort();

    await (await start()).run();

    expect(await idsIn('devices')).toEqual(kept);
    expect(await recorded()).toEqual([{ ...NOTHING, devices: 3 }]);
  });

  it('deletes what was told of revocations, an hour later and when all have seen it', async () => {
    const tell = (client: PgClient, hash: string, minutesAgo: number): Promise<unknown> =>
      client.query(
        `INSERT INTO session_revocations (session_token_hash, revoked_at)
         VALUES ($1, now() - make_interval(mins => $2))`,
        [hash, minutesAgo],
      );
    await tell(superuser, 'old', 61);
    // Whoever took an hour for a revocation announces it when it commits, amid the clean-up.
    const slow = new PgClient({ connectionString: database.superuserUrl });
    await slow.connect();
    await slow.query('BEGIN');
    await tell(slow, 'of a slow transaction', 70);
    await tell(superuser, 'young', 50);
    const told = async (): Promise<string[]> =>
      (
        await sql<{ hash: string }>(
          'SELECT session_token_hash AS hash FROM session_revocations ORDER BY hash',
        )
      ).map(({ hash }) => hash);

    const cleaning = await start({ settings: { reportIntervalMilliseconds: 0 } });
    const running = cleaning.run();
    // The clean-up has looked for the last kind, and waits.
    await waitFor('the clean-up to have looked', async () => {
      const reports = cleaning.logger.lines.filter((line) => line.includes('Cleaning up'));
      return reports.length === KINDS.length ? true : undefined;
    });
    await slow.query('COMMIT');
    await slow.end();
    expect(await told()).toEqual(['of a slow transaction', 'old', 'young']);
    await expect(running).resolves.toBe('completed');

    expect(await told()).toEqual(['of a slow transaction', 'young']);
    expect(await recorded()).toEqual([{ ...NOTHING, session_revocations: 1 }]);
    await cleaning.run();
    expect(await told()).toEqual(['young']);
  });

  it('deletes what was told on another server, whose backup this is, before what is new', async () => {
    const batchSize = 10;
    await sql(
      `INSERT INTO session_revocations (session_token_hash, xact, revoked_at)
       SELECT 'restored ' || n, '1000000000000'::xid8, now() - interval '2 hours'
         FROM generate_series(1, $1) AS n`,
      [3 * batchSize],
    );
    await sql(
      `INSERT INTO session_revocations (session_token_hash, revoked_at)
       VALUES ('old', now() - interval '61 minutes'), ('young', now())`,
    );
    await (await start({ settings: { batchSize } })).run();
    const left = await sql('SELECT session_token_hash AS hash FROM session_revocations');
    expect(left).toEqual([{ hash: 'young' }]);
  });

  it('keeps to the retention of each kind', async () => {
    await rows.link({ expiredFor: 200 });
    await rows.session({ expiredFor: 200 });
    await rows.mail({ state: 'sent', untouchedFor: 200 });
    const days = { linkRetentionSeconds: DAY, sessionRetentionSeconds: DAY };
    const kept = { ...days, mailRetentionSeconds: DAY };
    const runWith = async (cleanUp: typeof kept): Promise<object | undefined> => {
      const before = (await recorded()).length;
      await (await start({ cleanUp })).run();
      return (await recorded())[before];
    };

    expect(await runWith(kept)).toBeUndefined();
    expect(await runWith({ ...kept, mailRetentionSeconds: 100 })).toEqual({ ...NOTHING, mails: 1 });
    expect(await runWith({ ...kept, linkRetentionSeconds: 0 })).toEqual({
      ...NOTHING,
      magic_links: 1,
    });
    expect(await runWith({ ...kept, sessionRetentionSeconds: 0 })).toEqual({
      ...NOTHING,
      magic_links: 1,
      sessions: 1,
    });
  });

  it('works in batches of the size that it is told, each in its own transaction', async () => {
    // Seen by the database itself: how many rows each statement deleted, and in which transaction.
    await sql(`
      CREATE TABLE deletions (name text, rows integer, xact xid8 DEFAULT pg_current_xact_id());
      CREATE FUNCTION note() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER AS $$
      BEGIN
        INSERT INTO deletions SELECT TG_TABLE_NAME, count(*) FROM gone HAVING count(*) > 0;
        RETURN NULL;
      END
      $$`);
    const tables = [
      'magic_links',
      'user_sessions',
      'mail_outbox',
      'code_lockouts',
      'mail_pauses',
      'devices',
    ];
    for (const table of tables) {
      await sql(`CREATE TRIGGER note AFTER DELETE ON ${table} REFERENCING OLD TABLE AS gone
                 FOR EACH STATEMENT EXECUTE FUNCTION note()`);
    }
    for (let index = 0; index < 25; index += 1) {
      await rows.link({ expiredFor: LONG });
      await rows.session({ expiredFor: LONG });
      await rows.mail({ state: 'sent', untouchedFor: LONG });
      await rows.lockout(index.toString(), 31 * DAY, null);
      await rows.pause(index.toString(), 2 * DAY);
      await rows.device(91 * DAY);
    }

    const cleaning = await start({ settings: { batchSize: 10, reportIntervalMilliseconds: 0 } });
    await cleaning.run();

    const deletions = await sql<{ name: string; rows: number; xact: string }>(
      'SELECT * FROM deletions',
    );
    const sizes = (name: string): number[] =>
      deletions.filter((deletion) => deletion.name === name).map((deletion) => deletion.rows);
    expect(sizes('code_lockouts')).toEqual([10, 10, 5]);
    expect(sizes('mail_pauses')).toEqual([10, 10, 5]);
    expect(sizes('devices')).toEqual([10, 10, 5]);
    expect(sizes('user_sessions')).toEqual([10, 10, 5]);
    // Unused ones, then those of sessions.
    expect(sizes('magic_links')).toEqual([10, 10, 5, 10, 10, 5]);
    // Those that ended, then those of both sorts of links.
    expect(sizes('mail_outbox')).toEqual([10, 10, 5, 10, 10, 5, 10, 10, 5]);
    // What hangs together goes together, and nothing else.
    expect(new Set(deletions.map(({ xact }) => xact)).size).toBe(18);
    expect(await recorded()).toEqual([
      {
        ...NOTHING,
        code_lockouts: 25,
        mail_pauses: 25,
        devices: 25,
        mails: 25,
        magic_links: 50,
        sessions: 25,
      },
    ]);
    const reports = cleaning.logger.lines.filter((line) => line.includes('"Cleaning up"'));
    expect(reports).toContainEqual(expect.stringContaining('"code_lockouts":10,'));
    expect(reports).toContainEqual(expect.stringContaining('"mails":20,"magic_links":0,'));
  });

  it('tells at its end what it did, and leaves no event when it found nothing', async () => {
    const cleaning = await start();
    await rows.session({ expiredFor: LONG });
    await cleaning.run();
    await cleaning.run();
    expect(await recorded()).toHaveLength(1);
    const lines = cleaning.logger.lines.filter((line) => line.includes('"Cleaned up"'));
    expect(lines).toEqual([
      expect.stringContaining('"outcome":"completed"'),
      expect.stringContaining('"outcome":"completed"'),
    ]);
    expect(lines[0]).toMatch(/"magic_links":1,"sessions":1,.*"duration_ms":\d+\}/);
    expect(lines[1]).toMatch(/"magic_links":0,"sessions":0,.*"duration_ms":\d+\}/);
  });

  it('leaves the audit trail alone, whatever its age', async () => {
    await sql(
      `INSERT INTO security_events (id, type, severity, occurred_at)
       VALUES (gen_random_uuid(), 'session.created', 'info', now() - interval '10 years')`,
    );
    await (await start({ cleanUp: { linkRetentionSeconds: 0 } })).run();
    expect(await count('security_events')).toBe(1);
  });
});

describe('a clean-up beside others', () => {
  it('waits for nobody: what is held stays, and goes next time', async () => {
    const sessions = [
      await rows.session({ expiredFor: LONG }),
      await rows.session({ expiredFor: LONG }),
      await rows.session({ expiredFor: LONG }),
    ] as const;
    const link = await rows.link({ expiredFor: LONG });
    const mail = await rows.mail({ state: 'sent', untouchedFor: LONG });
    await rows.limit('held', 60);
    await rows.lockout('held', 31 * DAY, null);
    await rows.pause('held', DAY + 1);
    await rows.device(90 * DAY + 1);
    const cleaning = await start();

    await sql('BEGIN');
    await sql('SELECT FROM user_sessions WHERE id = $1 FOR UPDATE', [sessions[0].id]);
    await sql('SELECT FROM magic_links WHERE id IN ($1, $2) FOR UPDATE', [
      sessions[1].linkId,
      link,
    ]);
    await sql('SELECT FROM mail_outbox WHERE id = $1 FOR UPDATE', [mail]);
    await sql('SELECT FROM rate_limits FOR UPDATE');
    await sql('SELECT FROM code_lockouts FOR UPDATE');
    await sql('SELECT FROM mail_pauses FOR UPDATE');
    await sql('SELECT FROM devices FOR UPDATE');
    await expect(cleaning.run()).resolves.toBe('completed');
    await sql('ROLLBACK');

    expect(await recorded()).toEqual([{ ...NOTHING, magic_links: 1, sessions: 1 }]);
    expect(await idsIn('user_sessions')).toEqual([sessions[0].id, sessions[1].id].sort());
    expect(await idsIn('magic_links')).toEqual(
      [sessions[0].linkId, sessions[1].linkId, link].sort(),
    );

    await cleaning.run();
    expect((await recorded())[1]).toEqual({
      rate_limits: 1,
      code_lockouts: 1,
      mail_pauses: 1,
      devices: 1,
      abandoned_mails: 0,
      mails: 1,
      magic_links: 3,
      sessions: 2,
      session_revocations: 0,
    });
  });

  it('leaves the work to an instance that is at it', async () => {
    await rows.link({ expiredFor: LONG });
    const [first, second] = [await start(), await start()];
    const halted = await haltDeletions('magic_links');
    const running = first.run();
    await halted.held();

    await expect(second.run()).resolves.toBe('yielded');
    expect(second.logger.lines.filter((line) => line.includes('Cleaned'))).toEqual([]);
    await halted.release();
    await expect(running).resolves.toBe('completed');
    expect(await recorded()).toEqual([{ ...NOTHING, magic_links: 1 }]);
  });

  it('deletes and records each row once, when two instances begin together', async () => {
    for (let index = 0; index < 100; index += 1) await rows.session({ expiredFor: LONG });
    const settings = { batchSize: 3 };
    const [first, second] = [await start({ settings }), await start({ settings })];

    const outcomes = await Promise.all([first.run(), second.run()]);
    // Whoever is left to finish it, nobody fails.
    expect(outcomes).not.toContain('stopped');
    await first.run();

    expect(await count('user_sessions')).toBe(0);
    expect(await count('magic_links')).toBe(0);
    const events = (await recorded()) as (typeof NOTHING)[];
    const total = (kind: keyof typeof NOTHING): number =>
      events.reduce((sum, details) => sum + details[kind], 0);
    expect([total('sessions'), total('magic_links')]).toEqual([100, 100]);
  });
});

describe('a clean-up that cannot finish', () => {
  it('stops after the batch under way when the application stops, and records what it did', async () => {
    for (let index = 0; index < 30; index += 1) await rows.link({ expiredFor: LONG });
    const halted = await haltDeletions('magic_links');
    const cleaning = await start({
      cleanUp: { intervalSeconds: 1 },
      settings: { batchSize: 10 },
    });
    await halted.held();
    processes.splice(0);
    const stopped = cleaning.stop();
    await halted.release();
    await stopped;

    expect(await count('magic_links')).toBe(20);
    expect(await recorded()).toEqual([{ ...NOTHING, magic_links: 10 }]);
    expect(cleaning.logger.lines.filter((line) => line.includes('Cleaned up'))).toEqual([
      expect.stringContaining('"outcome":"stopped"'),
    ]);
  });

  it('does nothing at all when it is stopped before it begins', async () => {
    await rows.link({ expiredFor: LONG });
    const cleaning = await start();
    await expect(cleaning.run(AbortSignal.abort())).resolves.toBe('stopped');
    expect(await count('magic_links')).toBe(1);
  });

  it('goes on next time when the database was away', async () => {
    await rows.link({ expiredFor: LONG });
    const proxy = await TcpProxy.open(database.appUrl);
    const cleaning = await startCleanUpProcess({
      url: proxy.url,
      cleanUp: { intervalSeconds: 1 },
    });
    await proxy.close();
    const warning = await waitFor('a run to fail', () =>
      cleaning.logger.lines.find((line) => line.startsWith('warn') && line.includes('clean-up')),
    );
    expect(warning).toBe(
      'warn {"message":"The clean-up failed; the next run continues","error":"UnavailableError"} CleanUp',
    );

    const back = await TcpProxy.open(database.appUrl, proxy.port);
    await waitFor('the link to go', async () =>
      (await count('magic_links')) === 0 ? true : undefined,
    );
    await cleaning.stop();
    await back.close();
    expect(await recorded()).toEqual([{ ...NOTHING, magic_links: 1 }]);
  });

  it('tells its caller when the database is away', async () => {
    const proxy = await TcpProxy.open(database.appUrl);
    const cleaning = await startCleanUpProcess({ url: proxy.url });
    await proxy.close();
    await expect(cleaning.run()).rejects.toBeInstanceOf(UnavailableError);
    await cleaning.stop();
  });

  it('undoes the batch that failed, and records those before it', async () => {
    await rows.lockout('idle', 31 * DAY, null);
    await rows.session({ expiredFor: LONG });
    await sql(`
      CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $$
      BEGIN RAISE EXCEPTION 'refused'; END $$;
      CREATE TRIGGER refuse BEFORE DELETE ON magic_links FOR EACH ROW EXECUTE FUNCTION refuse()`);
    const cleaning = await start();
    await expect(cleaning.run()).rejects.toThrow('refused');

    expect([await count('user_sessions'), await count('magic_links')]).toEqual([1, 1]);
    expect(await recorded()).toEqual([{ ...NOTHING, code_lockouts: 1 }]);
    expect(cleaning.logger.lines.filter((line) => line.includes('Cleaned up'))).toEqual([
      expect.stringContaining('"outcome":"failed"'),
    ]);
  });

  it('records later what could not be recorded at once', async () => {
    await rows.link({ expiredFor: LONG });
    await sql('REVOKE INSERT ON security_events FROM mira_app');
    const cleaning = await start();
    await expect(cleaning.run()).resolves.toBe('completed');
    expect(await count('magic_links')).toBe(0);
    expect(cleaning.logger.lines).toContainEqual(
      expect.stringContaining('The audit event of the clean-up could not be recorded yet'),
    );

    await sql('GRANT INSERT ON security_events TO mira_app');
    await rows.lockout('idle', 31 * DAY, null);
    await cleaning.run();
    await cleaning.run();
    expect(await recorded()).toEqual([{ ...NOTHING, code_lockouts: 1, magic_links: 1 }]);
  });
});

describe('a service that cleans up', () => {
  it('keeps the invariants I1 to I7, and lets people sign in who were here long ago', async () => {
    const service = await startTestService({
      database,
      options: {
        ...BEHIND_PROXY,
        session: { maxPerUser: 2 },
        cleanUp: { intervalSeconds: 0 },
      },
    });
    const from = (index: number): Client => ({ forwardedFor: `198.51.100.${index.toString()}` });
    const email = (index: number): string => `person-${index.toString()}@example.com`;
    const signedIn: SignedIn[] = [];
    for (let index = 0; index < 12; index += 1) {
      // Used, unused, superseded and ended by a sign-in; ended by the cap; logged out; live.
      await service.requestLink(email(index), from(100 + index));
      signedIn.push(await service.signIn(email(index % 4), from(index)));
      await service.requestLink(email(index), from(index));
      await service.requestLink(email(index), from(index));
    }
    await service.http.post('/auth/logout').set(signedIn[11]!.headers);
    await expectInvariants(service);

    // Most of it was long ago, and mails are older than what they were about.
    await sql(`UPDATE mail_outbox SET updated_at = updated_at - interval '8 days'
                WHERE random() < 0.7`);
    await sql(`UPDATE magic_links SET expires_at = expires_at - interval '8 days'
                WHERE random() < 0.7`);
    await sql(
      `UPDATE user_sessions SET expires_at = expires_at - interval '32 days'
                WHERE id = ANY ($1)`,
      [signedIn.slice(0, 7).map(({ sessionId }) => sessionId)],
    );
    const before = await count('security_events');
    const cleanUp = privately(service.app, CleanUp);
    await expect(cleanUp.run(new AbortController().signal)).resolves.toBe('completed');

    const left = await idsIn('user_sessions');
    expect(left).toEqual(
      signedIn
        .slice(7)
        .map(({ sessionId }) => sessionId)
        .sort(),
    );
    expect(await count('security_events')).toBe(before + 1);
    expect(await recorded()).toMatchObject([{ sessions: 7 }]);
    await expectInvariants(service);

    for (let index = 0; index < 4; index += 1) await service.signIn(email(index), from(50 + index));

    await expectInvariants(service);
    const live = await service.http.get('/auth/session').set(signedIn[10]!.headers);
    expect(live.status).toBe(200);
    await service.stop();
  });
});
