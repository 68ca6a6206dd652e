import { randomUUID } from 'node:crypto';

import type { EventPage } from '../../src/audit/event-history.service';
import { personalHash } from '../../src/audit/personal-hash';
import type { SecurityEvent } from '../../src/audit/security-event';
import { InvalidRequestError } from '../../src/common/errors';
import type { RequestInfo } from '../../src/context/request-context';
import type { Transaction } from '../../src/database/database.service';
import { type AuditTrail, openAuditTrail } from '../support/parts/audit-trail';
import { createTestDatabase, type TestDatabase } from '../support/postgres/database';
import { queryAs } from '../support/postgres/query-as';
import { FIRST_KEY, SECOND_KEY } from '../support/tokens/keys';

const TENANT = 'default';

const ORIGIN: RequestInfo = {
  ipAddress: '192.0.2.77',
  userAgent: 'Canary/1.0 ("quoted"; back\\slash; {"json": 1}; ünïcode 🦜)',
  requestId: 'request-12345678',
};

let database: TestDatabase;
let trail: AuditTrail;
const trails: AuditTrail[] = [];

async function open(...[current, ...accepted]: [Buffer, ...Buffer[]]): Promise<AuditTrail> {
  const opened = await openAuditTrail(database.appUrl, { current, accepted });
  trails.push(opened);
  return opened;
}

beforeAll(async () => {
  database = await createTestDatabase();
  trail = await open(FIRST_KEY.bytes);
});
afterAll(async () => {
  await Promise.all(trails.map((opened) => opened.close()));
  await database.drop();
});

const behind = <Row extends object = Record<string, unknown>>(
  sql: string,
  parameters?: unknown[],
): Promise<Row[]> => queryAs<Row>(database.superuserUrl, sql, parameters);

const record = (
  events: readonly SecurityEvent[],
  origin: RequestInfo = ORIGIN,
  at: AuditTrail = trail,
): Promise<string[]> =>
  at.database.transaction((transaction) => at.recorder.record(events, origin, transaction));

const subjectOf = (address: string, at: AuditTrail = trail, tenant = TENANT): Promise<string> =>
  at.database.transaction((transaction) => at.subjects.getOrCreate(tenant, address, transaction));

const newAddress = (): string => `${randomUUID()}@example.com`;

const loggedOut = (references: object = {}): SecurityEvent => ({
  type: 'session.logged_out',
  tenantId: TENANT,
  details: {},
  ...references,
});

const eventsOf = (
  userId: string,
): Promise<
  {
    id: string;
    type: string;
    personal_hash: string;
    salt: Buffer;
    ip_address: string;
    user_agent: string;
  }[]
> =>
  behind(
    `SELECT event.id, event.type, personal_hash, salt, host(ip_address) AS ip_address, user_agent
       FROM security_events event
       LEFT JOIN security_event_personal ON event_id = event.id
      WHERE user_id = $1 ORDER BY seq`,
    [userId],
  );

describe('Recorded events', () => {
  it('stand in the trail as the catalogue says, with all that they refer to', async () => {
    const [userId, sessionId, magicLinkId, subjectId] = [1, 2, 3, 4].map(() => randomUUID());
    await record([
      {
        type: 'magic_link.failed',
        tenantId: TENANT,
        subjectId: subjectId!,
        userId: userId!,
        sessionId: sessionId!,
        magicLinkId: magicLinkId!,
        reason: 'context_mismatch',
        details: { differences: ['network', 'browser'] },
      },
    ]);
    const [row] = await behind(
      `SELECT *, occurred_at BETWEEN now() - interval '1 minute' AND now() AS is_recent
         FROM security_events WHERE user_id = $1`,
      [userId],
    );
    expect(row).toMatchObject({
      type: 'magic_link.failed',
      severity: 'warning',
      tenant_id: TENANT,
      subject_id: subjectId,
      user_id: userId,
      session_id: sessionId,
      magic_link_id: magicLinkId,
      request_id: ORIGIN.requestId,
      reason: 'context_mismatch',
      details: { differences: ['network', 'browser'] },
      is_recent: true,
    });
  });

  it('leave empty what is not known', async () => {
    await record(
      [{ type: 'magic_link.failed', tenantId: TENANT, reason: 'link_invalid', details: {} }],
      {
        ipAddress: null,
        userAgent: null,
        requestId: null,
      },
    );
    const [row] = await behind(`SELECT * FROM security_events WHERE reason = 'link_invalid'`);
    expect(row).toMatchObject({
      subject_id: null,
      user_id: null,
      session_id: null,
      magic_link_id: null,
      request_id: null,
      details: {},
    });
  });

  it('keep the order in which they happened, in one transaction and over several', async () => {
    const userId = randomUUID();
    const types = ['user.created', 'sign_in.succeeded', 'session.created'] as const;
    await record([
      { type: 'user.created', tenantId: TENANT, userId, details: {} },
      { type: 'sign_in.succeeded', tenantId: TENANT, userId, details: { method: 'magic_link' } },
      {
        type: 'session.created',
        tenantId: TENANT,
        userId,
        details: { remember_device: false, transport: 'bearer' },
      },
    ]);
    const ids = await record(Array.from({ length: 20 }, () => loggedOut({ userId })));
    const rows = await eventsOf(userId);
    expect(rows.slice(3).map(({ id }) => id)).toEqual(ids);
    expect(rows.map(({ type }) => type)).toEqual([
      ...types,
      ...Array.from({ length: 20 }, () => 'session.logged_out'),
    ]);
    expect(new Set(rows.map(({ id }) => id)).size).toBe(23);
  });

  it('name the transaction that wrote them', async () => {
    const userId = randomUUID();
    const own = await trail.database.transaction(async (transaction) => {
      await trail.recorder.record(
        [loggedOut({ userId }), loggedOut({ userId })],
        ORIGIN,
        transaction,
      );
      const [row] = await transaction.query<{ xact: string }>(
        'SELECT pg_current_xact_id() AS xact',
      );
      return row!.xact;
    });
    const rows = await behind('SELECT xact FROM security_events WHERE user_id = $1', [userId]);
    expect(rows).toEqual([{ xact: own }, { xact: own }]);
  });

  it('may be none', async () => {
    const count = 'SELECT count(*) FROM security_events';
    const before = await behind(count);
    await expect(record([])).resolves.toEqual([]);
    expect(await behind(count)).toEqual(before);
  });

  it('go with their transaction when it rolls back', async () => {
    const userId = randomUUID();
    const failing = trail.database.transaction(async (transaction) => {
      await trail.recorder.record([loggedOut({ userId })], ORIGIN, transaction);
      throw new Error('after the event');
    });
    await expect(failing).rejects.toThrow('after the event');
    expect(await eventsOf(userId)).toEqual([]);
    const personal = await behind(
      `SELECT FROM security_event_personal WHERE event_id NOT IN (SELECT id FROM security_events)`,
    );
    expect(personal).toEqual([]);
  });

  it('F17: take the change that they tell of with them when they cannot be recorded', async () => {
    const userId = randomUUID();
    const change = async (transaction: Transaction): Promise<void> => {
      await transaction.query('INSERT INTO users (id, email) VALUES ($1, $2)', [
        userId,
        newAddress(),
      ]);
      const tooLong = { ...ORIGIN, requestId: 'r'.repeat(65) };
      await trail.recorder.record([loggedOut({ userId })], tooLong, transaction);
    };
    await expect(trail.database.transaction(change)).rejects.toMatchObject({ code: '22001' });
    expect(await behind('SELECT FROM users WHERE id = $1', [userId])).toEqual([]);
  });
});

describe('The personal part of an event', () => {
  it('stands beside it and is proven by its hash', async () => {
    const userId = randomUUID();
    await record([loggedOut({ userId })]);
    const [event] = await eventsOf(userId);
    expect(event).toMatchObject({ ip_address: ORIGIN.ipAddress, user_agent: ORIGIN.userAgent });
    expect(event!.salt).toHaveLength(16);
    expect(event!.personal_hash).toBe(personalHash(event!.salt, ORIGIN));
    for (const other of [
      { ...ORIGIN, ipAddress: '192.0.2.78' },
      { ...ORIGIN, userAgent: 'Canary/1.1' },
      { ...ORIGIN, userAgent: null },
      { ipAddress: ORIGIN.userAgent, userAgent: ORIGIN.ipAddress },
    ]) {
      expect(event!.personal_hash).not.toBe(personalHash(event!.salt, other));
    }
  });

  it('has a hash that tells nothing: the same origin never has the same one twice', async () => {
    const userId = randomUUID();
    await record([loggedOut({ userId }), loggedOut({ userId })]);
    await record([loggedOut({ userId })]);
    const rows = await eventsOf(userId);
    expect(new Set(rows.map(({ personal_hash: hash }) => hash)).size).toBe(3);
    expect(new Set(rows.map(({ salt }) => salt.toString('hex'))).size).toBe(3);
  });

  it('is a hash that another implementation computes too', () => {
    // printf '0123456789abcdef["192.0.2.1","A/1 (ü)"]' | sha256sum
    const origin = { ipAddress: '192.0.2.1', userAgent: 'A/1 (ü)' };
    expect(personalHash(Buffer.from('0123456789abcdef'), origin)).toBe(
      'c597a955833e52f8400c5d315a794ce127b9e9e347cc2db75faff1b971238060',
    );
  });

  it('is nowhere in the trail itself, nor is the address', async () => {
    const address = `canary-${newAddress()}`;
    const subjectId = await subjectOf(address);
    await record([
      { type: 'magic_link.requested', tenantId: TENANT, subjectId, details: {} },
      loggedOut({ subjectId }),
    ]);
    const dump = await behind<{ text: string }>(
      `SELECT event::text || coalesce(details::text, '') AS text FROM security_events event
        UNION ALL SELECT subject::text FROM subjects subject`,
    );
    const text = dump.map((row) => row.text).join('\n');
    expect(text).toContain(subjectId);
    for (const personal of ['192.0.2.77', 'Canary', 'canary', '@', 'example.com']) {
      expect(text).not.toContain(personal);
    }
  });

  it('can be erased by the service, and the event stays', async () => {
    const userId = randomUUID();
    await record([loggedOut({ userId })]);
    const [event] = await eventsOf(userId);
    await queryAs(database.appUrl, 'DELETE FROM security_event_personal WHERE event_id = $1', [
      event!.id,
    ]);
    const { events } = await trail.history.ofUser(
      { id: userId, tenantId: TENANT, email: newAddress() },
      { limit: 10, cursor: undefined },
    );
    expect(events).toMatchObject([
      { id: event!.id, type: 'session.logged_out', ip_address: null, user_agent: null },
    ]);
  });

  it('takes addresses of both families, as text without a mask', async () => {
    const userId = randomUUID();
    await record([loggedOut({ userId })], { ...ORIGIN, ipAddress: '2001:db8::1' });
    const { events } = await trail.history.ofUser(
      { id: userId, tenantId: TENANT, email: newAddress() },
      { limit: 10, cursor: undefined },
    );
    expect(events.map(({ ip_address: ip }) => ip)).toEqual(['2001:db8::1']);
  });
});

describe('The subject of an address', () => {
  const rowsOf = (ids: readonly string[]): Promise<Record<string, unknown>[]> =>
    behind('SELECT id, key_id FROM subjects WHERE id = ANY ($1::uuid[]) ORDER BY id', [ids]);

  it('is one, however many ask for it at once', async () => {
    const other = await open(FIRST_KEY.bytes);
    const address = newAddress();
    const ids = await Promise.all(
      Array.from({ length: 50 }, (_, index) => subjectOf(address, index % 2 ? trail : other)),
    );
    expect(new Set(ids).size).toBe(1);
    expect(await rowsOf(ids)).toEqual([{ id: ids[0], key_id: FIRST_KEY.id }]);
  });

  it('is another one for another address and another tenant', async () => {
    const address = newAddress();
    const ids = [
      await subjectOf(address),
      await subjectOf(newAddress()),
      await subjectOf(address, trail, 'other'),
    ];
    expect(new Set(ids).size).toBe(3);
    expect(await subjectOf(address)).toBe(ids[0]);
  });

  it('is random, so that the same address elsewhere has another', async () => {
    const address = newAddress();
    const before = await subjectOf(address);
    await behind('DELETE FROM subjects WHERE id = $1', [before]);
    expect(await subjectOf(address)).not.toBe(before);
  });

  it('is found without being made', async () => {
    const address = newAddress();
    await expect(trail.subjects.findAll(TENANT, address, trail.database)).resolves.toEqual([]);
    const id = await subjectOf(address);
    await expect(trail.subjects.findAll(TENANT, address, trail.database)).resolves.toEqual([id]);
    await expect(trail.subjects.findAll('other', address, trail.database)).resolves.toEqual([]);
  });

  it('goes with its transaction when that rolls back', async () => {
    const address = newAddress();
    const failing = trail.database.transaction(async (transaction) => {
      await trail.subjects.getOrCreate(TENANT, address, transaction);
      throw new Error('after the subject');
    });
    await expect(failing).rejects.toThrow('after the subject');
    await expect(trail.subjects.findAll(TENANT, address, trail.database)).resolves.toEqual([]);
  });
});

describe('F14: through a key rotation', () => {
  let accepting: AuditTrail;
  let rotated: AuditTrail;
  let finished: AuditTrail;

  beforeAll(async () => {
    accepting = await open(FIRST_KEY.bytes, SECOND_KEY.bytes);
    rotated = await open(SECOND_KEY.bytes, FIRST_KEY.bytes);
    finished = await open(SECOND_KEY.bytes);
  });

  it('a subject stays the same, and is digested anew when it is next seen', async () => {
    const address = newAddress();
    const id = await subjectOf(address);
    expect(await subjectOf(address, accepting)).toBe(id);
    await expect(rotated.subjects.findAll(TENANT, address, rotated.database)).resolves.toEqual([
      id,
    ]);
    expect(await subjectOf(address, rotated)).toBe(id);
    expect(await behind('SELECT key_id FROM subjects WHERE id = $1', [id])).toEqual([
      { key_id: SECOND_KEY.id },
    ]);
    expect(await subjectOf(address, finished)).toBe(id);
  });

  it('a subject stays one under concurrency, over instances before and after the swap', async () => {
    for (let round = 0; round < 10; round += 1) {
      const address = newAddress();
      const ids = await Promise.all(
        Array.from({ length: 20 }, (_, index) =>
          subjectOf(address, index % 2 ? accepting : rotated),
        ),
      );
      expect(new Set(ids).size).toBe(1);
    }
  });

  it('the history of a person stays whole', async () => {
    const address = newAddress();
    const user = { id: randomUUID(), tenantId: TENANT, email: address };
    for (const instance of [trail, accepting, rotated, finished]) {
      const subjectId = await subjectOf(address, instance);
      await record(
        [{ type: 'magic_link.requested', tenantId: TENANT, subjectId, details: {} }],
        ORIGIN,
        instance,
      );
    }
    for (const instance of [rotated, finished]) {
      const { events } = await instance.history.ofUser(user, { limit: 10, cursor: undefined });
      expect(events).toHaveLength(4);
    }
  });
});

describe('The history of a person', () => {
  const person = (): { id: string; tenantId: string; email: string } => ({
    id: randomUUID(),
    tenantId: TENANT,
    email: newAddress(),
  });
  const page = (
    user: ReturnType<typeof person>,
    limit: number,
    cursor?: string,
  ): Promise<EventPage> => trail.history.ofUser(user, { limit, cursor });

  it('is what is recorded about the user and about the address, and nothing about others', async () => {
    const [ada, bob] = [person(), person()];
    const subjectId = await subjectOf(ada.email);
    const elsewhere = await subjectOf(ada.email, trail, 'other');
    await record([
      { type: 'magic_link.requested', tenantId: TENANT, subjectId, details: {} },
      { type: 'user.created', tenantId: TENANT, subjectId, userId: ada.id, details: {} },
      { type: 'user.created', tenantId: TENANT, userId: bob.id, details: {} },
      { type: 'magic_link.requested', tenantId: 'other', subjectId: elsewhere, details: {} },
      loggedOut(),
    ]);
    const { events, nextCursor } = await page(ada, 50);
    expect(events.map(({ type }) => type)).toEqual(['user.created', 'magic_link.requested']);
    expect(nextCursor).toBeNull();
    expect((await page(bob, 50)).events).toHaveLength(1);
    expect((await page(person(), 50)).events).toEqual([]);
  });

  it('comes in pages, newest first, each event once, while new ones arrive', async () => {
    const user = person();
    const recordSome = (count: number): Promise<string[]> =>
      record(Array.from({ length: count }, () => loggedOut({ userId: user.id })));
    await recordSome(25);
    const expected = (await eventsOf(user.id)).map(({ id }) => id).reverse();

    const seen: string[] = [];
    const sizes: number[] = [];
    let cursor: string | undefined;
    do {
      const { events, nextCursor } = await page(user, 10, cursor);
      sizes.push(events.length);
      seen.push(...events.map(({ id }) => id));
      cursor = nextCursor ?? undefined;
      await recordSome(3);
    } while (cursor !== undefined);
    expect(seen).toEqual(expected);
    expect(sizes).toEqual([10, 10, 5]);
  });

  it('has no page after one that is just full', async () => {
    const user = person();
    await record(Array.from({ length: 10 }, () => loggedOut({ userId: user.id })));
    const { events, nextCursor } = await page(user, 10);
    expect(events).toHaveLength(10);
    expect(nextCursor).toBeNull();
  });

  it("shows only the reader's own events with anybody's cursor", async () => {
    const [ada, bob] = [person(), person()];
    for (const user of [ada, bob, ada, bob]) await record([loggedOut({ userId: user.id })]);
    const { nextCursor } = await page(bob, 1);
    const { events } = await page(ada, 10, nextCursor ?? '');
    const own = (await eventsOf(ada.id)).map(({ id }) => id).reverse();
    expect(events.map(({ id }) => id)).toEqual(own);
  });

  const encoded = (text: string): string => Buffer.from(text).toString('base64url');

  it.each([
    '',
    ' ',
    'x',
    '1',
    '../..',
    encoded(''),
    encoded('0'),
    encoded('-1'),
    encoded('+1'),
    encoded('01'),
    encoded('1.5'),
    encoded('1e3'),
    encoded('0x10'),
    encoded(' 1'),
    encoded('1\n'),
    encoded('1\0'),
    encoded('１'),
    encoded('1; DROP TABLE users'),
    encoded(`1' OR '1'='1`),
    encoded('NaN'),
    encoded('9223372036854775808'),
    encoded('9'.repeat(1_000)),
    `${encoded('1')}=`,
    ` ${encoded('1')}`,
    // Other spellings of '1', which is 'MQ'.
    'MR',
    'MQ==',
    'M Q',
  ])('A5: refuses the forged cursor %j', async (cursor) => {
    const refusal = expect(page(person(), 10, cursor)).rejects;
    await refusal.toBeInstanceOf(InvalidRequestError);
    await expect(page(person(), 10, cursor)).rejects.toMatchObject({
      code: 'invalid_request',
      fields: [{ field: 'cursor' }],
    });
  });
});
