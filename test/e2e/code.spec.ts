import { randomBytes, randomUUID } from 'node:crypto';

import type { Response } from 'supertest';

import { expectInvariants } from '../support/attacks/invariants';
import { BEHIND_PROXY, type Client, headersOf } from '../support/http/client';
import { FIREFOX, SAFARI } from '../support/http/user-agents';
import { expectProblem } from '../support/problem';
import { sessionOf } from '../support/sign-in/sign-in-flow';
import { startTestService, type TestService } from '../support/test-service';
import { times } from '../support/times';

interface RequestedCode {
  readonly id: string;
  readonly token: string;
  readonly code: string;
}

const MINUTE_SECONDS = 60;
const CAP = 3;
const FIRST_KEY = randomBytes(32).toString('hex');
const NEXT_KEY = randomBytes(32).toString('hex');

const HOME: Client = { userAgent: FIREFOX, forwardedFor: '192.0.2.1' };
const ELSEWHERE: Client = { userAgent: SAFARI, forwardedFor: '198.51.100.1' };

/** Two instances of the service on one database. */
let first: TestService;
let second: TestService;
/** One that takes few wrong codes. */
let capped: TestService;
/** One after a rotation of the master key. */
let rotated: TestService;
/** Every token and code of this file: none may be in the database. */
const tokens: string[] = [];
const codes = new Set<string>();

beforeAll(async () => {
  first = await startTestService({ masterKey: FIRST_KEY, options: BEHIND_PROXY });
  const beside = { database: first.database, mailbox: first.mailbox, masterKey: FIRST_KEY };
  second = await startTestService({ ...beside, options: BEHIND_PROXY });
  const wrongCodeLimit = { limit: CAP, windowSeconds: MINUTE_SECONDS };
  capped = await startTestService({
    ...beside,
    options: { ...BEHIND_PROXY, magicLink: { wrongCodeLimit } },
  });
  rotated = await startTestService({
    ...beside,
    masterKey: NEXT_KEY,
    options: { ...BEHIND_PROXY, acceptedMasterKeys: [FIRST_KEY] },
  });
});

afterAll(async () => {
  for (const service of [rotated, capped, second, first]) await service.stop();
});

async function requestCode(email: string, client: Client = {}): Promise<RequestedCode> {
  const { id, token } = await first.requestLink(email, client);
  const mail = first.mailbox.list().find(({ text }) => text.includes(token));
  const code = /^\d{6}$/m.exec(mail?.text ?? '')?.[0] ?? '';
  tokens.push(token);
  codes.add(code);
  return { id, token, code };
}

async function tryCode(
  id: string,
  code: string,
  client: Client = {},
  service: TestService = first,
): Promise<Response> {
  const response = await service.http
    .post('/auth/magic-link/verify-code')
    .set(headersOf(client))
    .send({ magic_link_id: id, code });
  const { session_token: token } = response.body as { session_token?: string };
  if (token !== undefined) tokens.push(token);
  return response;
}

/** Another code; for each offset another one. */
const otherThan = (code: string, offset = 1): string =>
  ((Number(code) + offset) % 1_000_000).toString().padStart(6, '0');

/** Tries so many wrong codes, five for each link. */
async function tryWrongCodes(email: string, count: number): Promise<void> {
  for (let tried = 0; tried < count; tried += 5) {
    const { id, code } = await requestCode(email);
    for (const offset of times(Math.min(5, count - tried), (index) => index + 1)) {
      expectProblem(await tryCode(id, otherThan(code, offset)), 'code_invalid');
    }
  }
}

const instance = (index: number): TestService => (index % 2 === 0 ? first : second);

/** How many answers there were of each status and code. */
function outcomes(responses: readonly Response[]): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const { status, body } of responses) {
    const outcome = `${status.toString()} ${body.code ?? 'ok'}`;
    counts[outcome] = (counts[outcome] ?? 0) + 1;
  }
  return counts;
}

/** All of an answer that could tell one case from another. */
function answer({ status, headers, text }: Response): object {
  const { date: _date, 'x-request-id': _id, ...telling } = headers as Record<string, string>;
  return { status, headers: telling, text };
}

const isUsed = async (id: string): Promise<unknown> =>
  (await first.sql('SELECT is_used FROM magic_links WHERE id = $1', [id]))[0]?.['is_used'];

const lockouts = async (): Promise<{ wrong_codes: number; locked_for: number | null }[]> =>
  first.sql(
    `SELECT wrong_codes, round(extract(epoch FROM locked_until - updated_at))::float AS locked_for
       FROM code_lockouts`,
  );

describe('the right code', () => {
  it('opens a session that is like one of the link, once', async () => {
    const { id, code } = await requestCode('code@example.com', HOME);
    const response = await first.http
      .post('/auth/magic-link/verify-code')
      .set(headersOf(HOME))
      .send({ magic_link_id: id, code, device_name: 'Kitchen', transport: 'cookie' });

    const { headers, sessionId } = sessionOf(response, HOME);
    expect(response.body).toEqual({
      user_id: expect.any(String),
      email: 'code@example.com',
      session_id: sessionId,
      expires_at: expect.any(String),
      redirect_to: null,
    });
    const { body } = await second.http.get('/auth/session').set(headers);
    expect(body.session).toMatchObject({
      id: sessionId,
      auth_method: 'magic_link_code',
      device_name: 'Kitchen',
    });
    expect(await isUsed(id)).toBe(true);
    expectProblem(await tryCode(id, code, HOME), 'code_invalid');
  });

  it('counts nowhere, not even when it is typed again', async () => {
    await first.sql('TRUNCATE rate_limits, code_lockouts');
    const { id, code } = await requestCode('counts.not@example.com');
    expect((await tryCode(id, code)).status).toBe(200);

    const counted = `SELECT key FROM rate_limits WHERE key NOT LIKE 'marker:%'`;
    expect([await first.sql(counted), await lockouts()]).toEqual([[], []]);
    for (let again = 0; again < 5; again += 1) {
      expectProblem(await tryCode(id, code), 'code_invalid');
    }

    expect(await lockouts()).toEqual([{ wrong_codes: 0, locked_for: null }]);
    const rows = await first.sql('SELECT attempt_count FROM magic_links WHERE id = $1', [id]);
    expect(rows).toEqual([{ attempt_count: 0 }]);
  });

  it('is good for its own link only', async () => {
    const one = await requestCode('own.one@example.com');
    const other = await requestCode('own.other@example.com');
    expectProblem(await tryCode(other.id, one.code), 'code_invalid');
    expect((await tryCode(other.id, other.code)).status).toBe(200);
  });

  it('tells who has proven the mailbox that the account is disabled, and leaves the link', async () => {
    const email = 'disabled@example.com';
    await first.signIn(email);
    await first.sql('UPDATE users SET is_active = false WHERE email = $1', [email]);
    const { id, code } = await requestCode(email);
    expectProblem(await tryCode(id, code), 'account_disabled');
    expect(await isUsed(id)).toBe(false);
  });

  it('made under the previous key still works after a rotation, as does a lock', async () => {
    const { id, code } = await requestCode('rotation@example.com');
    expect((await tryCode(id, code, {}, rotated)).status).toBe(200);

    await tryWrongCodes('rotation.lock@example.com', 10);
    const { id: lockedId, code: lockedCode } = await requestCode('rotation.lock@example.com');
    expectProblem(await tryCode(lockedId, lockedCode, {}, rotated), 'code_invalid');
  });

  it('is locked by ten wrong ones, some of them from before a rotation', async () => {
    const email = 'rotation.count@example.com';
    await first.sql('TRUNCATE code_lockouts');
    await tryWrongCodes(email, 9);
    const { id, code } = await requestCode(email);
    expectProblem(await tryCode(id, otherThan(code), {}, rotated), 'code_invalid');
    expect(await lockouts()).toEqual([{ wrong_codes: 10, locked_for: 900 }]);
    expectProblem(await tryCode(id, code, {}, rotated), 'code_invalid');
  });
});

describe('a code that does not sign in', () => {
  const wrong = ({ code }: RequestedCode): string => otherThan(code);
  const right = ({ code }: RequestedCode): string => code;
  const use = ({ token }: RequestedCode): Promise<unknown> => first.verify(token, HOME);
  const supersede = async (_: unknown, email: string): Promise<unknown> =>
    first.verify((await requestCode(email, HOME)).token, HOME);
  const lock = (_: unknown, email: string): Promise<unknown> => tryWrongCodes(email, 10);
  const expire = ({ id }: RequestedCode): Promise<unknown> =>
    first.sql('UPDATE magic_links SET expires_at = now() WHERE id = $1', [id]);

  /** What a wrong code of a live link is answered with, tried seven times. */
  let reference: object[];

  async function trySevenTimes(id: string, code: string, client: Client): Promise<object[]> {
    const answers: Response[] = [];
    for (let tried = 0; tried < 7; tried += 1) {
      answers.push(await tryCode(id, code, client, instance(tried)));
    }

    for (const response of answers.slice(0, 5)) expectProblem(response, 'code_invalid');
    for (const response of answers.slice(5)) expectProblem(response, 'code_exhausted');
    return answers.map(answer);
  }

  beforeAll(async () => {
    const { id, code } = await requestCode('reference@example.com', HOME);
    reference = await trySevenTimes(id, otherThan(code), HOME);
  });

  it.each([
    ['is wrong and from another context', wrong, ELSEWHERE, undefined],
    ['is right and from another context', right, ELSEWHERE, undefined],
    ['is wrong, of a used link', wrong, HOME, use],
    ['is right, of a used link', right, HOME, use],
    ['is wrong, of a superseded link', wrong, HOME, supersede],
    ['is right, of a superseded link', right, HOME, supersede],
    ['is wrong, of an expired link', wrong, HOME, expire],
    ['is right, of an expired link', right, HOME, expire],
    ['is wrong, while codes are locked', wrong, HOME, lock],
    ['is right, while codes are locked', right, HOME, lock],
  ])('and %s is answered like any other', async (name, codeOf, client, prepare) => {
    const email = `${name.replaceAll(/\W+/g, '-')}@example.com`;
    const requested = await requestCode(email, HOME);
    await prepare?.(requested, email);
    const answers = await trySevenTimes(requested.id, codeOf(requested), client);
    expect(answers).toEqual(reference);
  });

  it('and is of no link is answered like any other', async () => {
    expect(await trySevenTimes(randomUUID(), '123456', HOME)).toEqual(reference);
  });

  it('five times does not touch the link itself', async () => {
    const { id, token, code } = await requestCode('link.lives@example.com');
    for (let tried = 1; tried <= 6; tried += 1) await tryCode(id, otherThan(code, tried));
    expectProblem(await tryCode(id, code), 'code_exhausted');
    expect((await first.verify(token)).status).toBe(200);
    const rows = await first.sql('SELECT attempt_count FROM magic_links WHERE id = $1', [id]);
    expect(rows).toEqual([{ attempt_count: 5 }]);
    const failures = await first.sql(
      `SELECT reason, count(*)::integer FROM security_events
        WHERE magic_link_id = $1 AND type = 'magic_link.failed' GROUP BY 1 ORDER BY 1`,
      [id],
    );
    expect(failures).toEqual([
      { reason: 'code_exhausted', count: 2 },
      { reason: 'code_invalid', count: 5 },
    ]);
  });

  it('are counted even when the trail cannot be written', async () => {
    const { id, code } = await requestCode('unrecorded@example.com');
    await first.sql('REVOKE INSERT ON security_events FROM mira_app');
    try {
      const { status } = await tryCode(id, code === '000000' ? '000001' : '000000');
      expect(status).toBeGreaterThanOrEqual(500);
    } finally {
      await first.sql('GRANT INSERT ON security_events TO mira_app');
    }
    const rows = await first.sql('SELECT attempt_count FROM magic_links WHERE id = $1', [id]);
    expect(rows).toEqual([{ attempt_count: 1 }]);
  });

  it('is counted once for a link, however the id of the link is written', async () => {
    const { id, code } = await requestCode('spelling@example.com');
    const spellings = [id, id.toUpperCase(), id.replace(/[a-f]/, (digit) => digit.toUpperCase())];
    const responses: Response[] = [];
    for (let tried = 0; tried < 6; tried += 1) {
      responses.push(await tryCode(spellings[tried % 3]!, otherThan(code)));
    }

    expect(outcomes(responses)).toEqual({ '401 code_invalid': 5, '401 code_exhausted': 1 });
    expectProblem(await tryCode(id.toUpperCase(), code), 'code_exhausted');
  });

  it.each([
    ['five digits', { code: '12345' }, ['code']],
    ['seven digits', { code: '1234567' }, ['code']],
    ['digits of another script', { code: '١٢٣٤٥٦' }, ['code']],
    ['a line break behind it', { code: '123456\n' }, ['code']],
    ['a number', { code: 123456 }, ['code']],
    ['a link id that is none', { magic_link_id: 'x' }, ['magic_link_id']],
    ['no link id', { magic_link_id: undefined }, ['magic_link_id']],
    ['a field that is not known', { token: 'a.b.c' }, ['token']],
  ])('is refused with %s', async (_, wrong, fields) => {
    const body = { magic_link_id: randomUUID(), code: '123456', ...wrong };
    const response = await first.http.post('/auth/magic-link/verify-code').send(body);
    expectProblem(response, 'invalid_request', fields);
  });
});

describe('50 codes at once, over two instances', () => {
  it.each(['of a link', 'of no link'])('are five tries, when they are wrong, %s', async (which) => {
    const { id, code } = await requestCode('guessed@example.com');
    const tried = which === 'of a link' ? id : randomUUID();
    const responses = await Promise.all(
      times(50, (index) => tryCode(tried, otherThan(code, index + 1), {}, instance(index))),
    );
    expect(outcomes(responses)).toEqual({ '401 code_invalid': 5, '401 code_exhausted': 45 });
  });

  it('open one session, when they are right', async () => {
    const { id, code } = await requestCode('once@example.com');
    const responses = await Promise.all(
      times(50, (index) => tryCode(id, code, {}, instance(index))),
    );
    const {
      '200 ok': opened,
      '401 code_invalid': invalid = 0,
      '401 code_exhausted': dead = 0,
    } = outcomes(responses);
    expect([opened, invalid + dead]).toEqual([1, 49]);
  });

  it('open one session together with the link', async () => {
    const { id, token, code } = await requestCode('both@example.com');
    const responses = await Promise.all(
      times(50, (index) =>
        index % 4 < 2 ? tryCode(id, code, {}, instance(index)) : instance(index).verify(token),
      ),
    );
    expect(outcomes(responses)['200 ok']).toBe(1);
    const sessions = await first.sql('SELECT FROM user_sessions WHERE magic_link_id = $1', [id]);
    expect(sessions).toHaveLength(1);
  });
});

describe('the tenth wrong code of an address', () => {
  const lockEvents = (): Promise<object[]> =>
    first.sql(
      `SELECT reason, details, subject_id IS NOT NULL AS has_subject FROM security_events
        WHERE type = 'account.locked' ORDER BY seq`,
    );

  beforeEach(async () => {
    await first.sql('TRUNCATE code_lockouts');
  });

  it.each([
    ['a known', 'known'],
    ['an unknown', 'unknown'],
  ])('turns its codes off for 15 minutes, of %s address', async (_, name) => {
    const email = `lock.${name}@example.com`;
    if (name === 'known') await first.signIn(email);
    const before = (await lockEvents()).length;
    await tryWrongCodes(email, 9);
    expect(await lockouts()).toEqual([{ wrong_codes: 9, locked_for: null }]);
    await tryWrongCodes(email, 1);

    const { id, code } = await requestCode(email);
    expectProblem(await tryCode(id, code), 'code_invalid');
    for (let wrong = 0; wrong < 4; wrong += 1) await tryCode(id, otherThan(code));
    const [lockout] = await first.sql(
      `SELECT wrong_codes, locked_until - now() BETWEEN '14 min' AND '15 min' AS is_locked
         FROM code_lockouts`,
    );
    expect(lockout).toEqual({ wrong_codes: 10, is_locked: true });
    expect((await lockEvents()).slice(before)).toEqual([
      {
        reason: 'wrong_codes',
        details: { locks: 'codes', lockout_seconds: 900 },
        has_subject: true,
      },
    ]);
  });

  it('is one wrong code too many for later codes, and the 20th twice as long', async () => {
    const email = 'lock.again@example.com';
    await tryWrongCodes(email, 10);
    await first.sql('UPDATE code_lockouts SET locked_until = now()');
    const { id, code } = await requestCode(email);
    expect((await tryCode(id, code)).status).toBe(200);
    // A code does not forgive: a stranger could guess on between the owner's sign-ins.
    const users = await first.sql('SELECT failed_login_count FROM users WHERE email = $1', [email]);
    expect(users).toEqual([{ failed_login_count: 10 }]);

    await tryWrongCodes(email, 10);
    expect(await lockouts()).toEqual([{ wrong_codes: 20, locked_for: 1_800 }]);
  });

  it('doubles the time up to a day', async () => {
    await tryWrongCodes('lock.double@example.com', 1);
    const lockedFor: (number | null)[] = [];
    for (const locks of [1, 2, 3, 7, 8, 9, 100_000]) {
      await first.sql('UPDATE code_lockouts SET wrong_codes = $1, locked_until = NULL', [
        locks * 10 - 1,
      ]);
      await tryWrongCodes('lock.double@example.com', 1);
      lockedFor.push((await lockouts())[0]!.locked_for);
    }
    expect(lockedFor).toEqual([900, 1_800, 3_600, 57_600, 86_400, 86_400, 86_400]);
  });

  it('is forgotten at a sign-in by link, which the lock does not stop', async () => {
    const email = 'lock.lifted@example.com';
    await tryWrongCodes(email, 10);
    await first.signIn(email);

    expect(await lockouts()).toEqual([]);
    const users = await first.sql('SELECT failed_login_count FROM users WHERE email = $1', [email]);
    expect(users).toEqual([{ failed_login_count: 10 }]);
    const { id, code } = await requestCode(email);
    expect((await tryCode(id, code)).status).toBe(200);
    const after = await first.sql('SELECT failed_login_count FROM users WHERE email = $1', [email]);
    expect(after).toEqual([{ failed_login_count: 0 }]);
  });

  it('is not one of another address', async () => {
    await tryWrongCodes('lock.one@example.com', 10);
    const { id, code } = await requestCode('lock.other@example.com');
    expect((await tryCode(id, code)).status).toBe(200);
  });
});

describe('wrong codes of the whole service', () => {
  const limitEvents = async (): Promise<object[]> =>
    first.sql(
      `SELECT details FROM security_events
        WHERE type = 'rate_limit.exceeded' AND details->>'limit' = 'wrong_codes'`,
    );

  it('have a limit, past which right ones wait as well, and no link', async () => {
    await first.sql('TRUNCATE rate_limits');
    const { id, token, code } = await requestCode('capped@example.com');
    const mine = await requestCode('capped.code@example.com');
    const wrong = await Promise.all(
      times(20, () => tryCode(randomUUID(), otherThan(code), {}, capped)),
    );
    expect(outcomes(wrong)).toEqual({ '401 code_invalid': CAP, '429 rate_limited': 20 - CAP });

    for (const tried of [mine.code, otherThan(mine.code), ...times(5, () => mine.code)]) {
      const response = await tryCode(mine.id, tried, {}, capped);
      expectProblem(response, 'rate_limited');
      expect(response.body.retry_after).toBeLessThanOrEqual(MINUTE_SECONDS);
      expect(response.body.retry_after).toBeGreaterThan(MINUTE_SECONDS - 20);
    }
    expect(await limitEvents()).toEqual([{ details: { limit: 'wrong_codes' } }]);
    expect((await capped.verify(token)).status).toBe(200);
    expect(await isUsed(id)).toBe(true);

    await first.sql(
      `UPDATE rate_limits SET accepted_at = ARRAY(SELECT t - interval '1 minute'
                                                    FROM unnest(accepted_at) AS t ORDER BY t)`,
    );
    // None of the tries that were put off was one of the five.
    expect((await tryCode(mine.id, mine.code, {}, capped)).status).toBe(200);
  });
});

describe('after all that', () => {
  it('I1 to I7 hold of everything in the database, and no code is in it', async () => {
    await expectInvariants(first, tokens);
    expect(codes.size).toBeGreaterThan(20);
    const tables = await first.sql<{ name: string }>(
      `SELECT quote_ident(tablename) AS name FROM pg_tables WHERE schemaname = 'public'`,
    );
    const held: string[] = [];
    for (const { name } of tables) {
      const rows = await first.sql<{ row: string }>(
        `SELECT to_jsonb(t)::text AS row FROM ${name} t`,
      );
      for (const { row } of rows) {
        // The fractions of a moment are six digits too.
        const words = row.replaceAll(/"\d{4}-\d\d-\d\dT[^"]*"/g, '').match(/\b\d{6}\b/g) ?? [];
        if (words.some((word) => codes.has(word))) held.push(`${name} ${row}`);
      }
    }
    expect(held).toEqual([]);
  });
});
