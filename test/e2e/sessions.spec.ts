import type { Response } from 'supertest';

import { tokenHash } from '../../src/crypto/token-hash';
import { TokenSigner } from '../../src/crypto/token-signer.service';
import { BEHIND_PROXY } from '../support/http/client';
import { FIREFOX, SAFARI } from '../support/http/user-agents';
import { privately } from '../support/privately';
import { expectProblem, expectSecurityHeaders } from '../support/problem';
import type { SignedIn } from '../support/sign-in/sign-in-flow';
import { startBeside, startTestService, type TestService } from '../support/test-service';
import { decodePart } from '../support/tokens/forged-token';
import { waitFor } from '../support/wait-for';

const UNKNOWN_ID = '00000000-0000-4000-8000-000000000000';

/** Every route that wants a session; to log out, none is wanted. */
const GUARDED_ROUTES = [
  ['get', '/auth/session'],
  ['get', '/auth/sessions'],
  ['delete', `/auth/sessions/${UNKNOWN_ID}`],
  ['delete', '/auth/sessions'],
  ['get', '/auth/events'],
] as const;

const IDLE_TIMEOUT_SECONDS = 600;

let service: TestService;
/** A second instance on the same database: sessions end by idling, and by a fourth one. */
let limited: TestService;

beforeAll(async () => {
  service = await startTestService({ options: BEHIND_PROXY });
  limited = await startBeside(service, {
    options: {
      ...BEHIND_PROXY,
      session: { idleTimeoutSeconds: IDLE_TIMEOUT_SECONDS, maxPerUser: 3 },
    },
  });
});

afterAll(async () => {
  await limited.stop();
  await service.stop();
});

const get = async (path: string, session: SignedIn, from = service): Promise<Response> =>
  from.http.get(path).set(session.headers);

const remove = async (path: string, session: SignedIn): Promise<Response> =>
  service.http.delete(path).set(session.headers);

const listedIds = async (session: SignedIn, from = service): Promise<string[]> => {
  const { body } = await get('/auth/sessions', session, from);
  return (body.sessions as { id: string }[]).map(({ id }) => id);
};

const revocations = async (sessionId: string): Promise<object[]> =>
  service.sql(
    `SELECT type, reason FROM security_events
      WHERE session_id = $1 AND type IN ('session.revoked', 'session.logged_out')`,
    [sessionId],
  );

describe('GET /auth/session', () => {
  it('tells who is signed in, and with which session', async () => {
    const session = await service.signIn('ada@example.com', {
      userAgent: FIREFOX,
      forwardedFor: '192.0.2.1',
      deviceName: 'Laptop',
    });
    const response = await get('/auth/session', session);

    const time = expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/);
    expect([response.status, response.body]).toEqual([
      200,
      {
        user: {
          id: session.userId,
          email: 'ada@example.com',
          email_verified: true,
          tenant_id: 'default',
          created_at: time,
          last_login_at: time,
        },
        session: {
          id: session.sessionId,
          device_name: 'Laptop',
          user_agent: FIREFOX,
          ip_address: '192.0.2.1',
          last_user_agent: FIREFOX,
          last_ip_address: '192.0.2.1',
          auth_method: 'magic_link',
          remember_device: false,
          current: true,
          created_at: time,
          last_accessed_at: time,
          expires_at: time,
        },
      },
    ]);
    expectSecurityHeaders(response);
  });

  it('writes down that a session was used no more than once a minute', async () => {
    const session = await service.signIn('seen@example.com');
    const lastAccess = async (): Promise<unknown> => {
      const rows = await service.sql('SELECT last_accessed_at FROM user_sessions WHERE id = $1', [
        session.sessionId,
      ]);
      return rows[0]?.['last_accessed_at'];
    };
    const opened = await lastAccess();
    await get('/auth/session', session);
    expect(await lastAccess()).toEqual(opened);

    await service.sql(
      `UPDATE user_sessions SET last_accessed_at = now() - interval '61 seconds' WHERE id = $1`,
      [session.sessionId],
    );
    await get('/auth/session', session);
    await waitFor('the use to be written down', async () => {
      const [row] = await service.sql(
        `SELECT last_accessed_at FROM user_sessions
          WHERE id = $1 AND last_accessed_at > now() - interval '30 seconds'`,
        [session.sessionId],
      );
      return row;
    });
  });
});

describe('GET /auth/sessions', () => {
  it('lists the live sessions of this user alone, newest first', async () => {
    const email = 'list@example.com';
    const [oldest, ended, expired, newest] = [
      await service.signIn(email, { deviceName: 'oldest' }),
      await service.signIn(email),
      await service.signIn(email),
      await service.signIn(email, { deviceName: 'newest' }),
    ];
    await service.signIn('somebody.else@example.com');
    await service.sql(
      `UPDATE user_sessions SET created_at = created_at - interval '1 hour' WHERE id = $1`,
      [oldest.sessionId],
    );
    await service.sql(`UPDATE user_sessions SET expires_at = now() WHERE id = $1`, [
      expired.sessionId,
    ]);
    await remove(`/auth/sessions/${ended.sessionId}`, newest);

    const response = await get('/auth/sessions', oldest);
    expect([response.status, response.body]).toEqual([
      200,
      {
        sessions: [
          expect.objectContaining({ id: newest.sessionId, device_name: 'newest', current: false }),
          expect.objectContaining({ id: oldest.sessionId, device_name: 'oldest', current: true }),
        ],
      },
    ]);
    expectSecurityHeaders(response);
    for (const session of response.body.sessions) {
      expect(Object.keys(session)).toEqual([
        'id',
        'device_name',
        'user_agent',
        'ip_address',
        'last_user_agent',
        'last_ip_address',
        'auth_method',
        'remember_device',
        'current',
        'created_at',
        'last_accessed_at',
        'expires_at',
      ]);
    }
  });
});

describe('DELETE /auth/sessions/:id', () => {
  it('ends one session of the user, and no other', async () => {
    const current = await service.signIn('end@example.com');
    const lost = await service.signIn('end@example.com');

    const response = await remove(`/auth/sessions/${lost.sessionId.toUpperCase()}`, current);
    expect([response.status, response.text]).toEqual([204, '']);
    expectSecurityHeaders(response);
    expectProblem(await get('/auth/session', lost), 'session_revoked');
    expect((await get('/auth/session', current)).status).toBe(200);
    expect(await revocations(lost.sessionId)).toEqual([
      { type: 'session.revoked', reason: 'user_request' },
    ]);
  });

  it('ends the current session if that is the one', async () => {
    const session = await service.signIn('self@example.com');
    expect((await remove(`/auth/sessions/${session.sessionId}`, session)).status).toBe(204);
    expectProblem(await get('/auth/session', session), 'session_revoked');
  });

  it.each(['not-an-id', '%00', '123', "1' OR '1'='1", `{${UNKNOWN_ID}}`, UNKNOWN_ID])(
    'does not find %s',
    async (id) => {
      const session = await service.signIn('find@example.com');
      expectProblem(await remove(`/auth/sessions/${encodeURI(id)}`, session), 'not_found');
    },
  );

  it("does not find another user's session, nor one that has ended", async () => {
    const session = await service.signIn('mine@example.com');
    const ended = await service.signIn('mine@example.com');
    const expired = await service.signIn('mine@example.com');
    const theirs = await service.signIn('theirs@example.com');
    await remove(`/auth/sessions/${ended.sessionId}`, session);
    await service.sql(`UPDATE user_sessions SET expires_at = now() WHERE id = $1`, [
      expired.sessionId,
    ]);

    const answers = [];
    for (const { sessionId } of [theirs, ended, expired]) {
      const response = await remove(`/auth/sessions/${sessionId}`, session);
      expectProblem(response, 'not_found');
      answers.push(response.body);
    }
    expect(new Set(answers.map((answer) => JSON.stringify(answer))).size).toBe(1);
    expect((await get('/auth/session', theirs)).status).toBe(200);
    expect(await revocations(theirs.sessionId)).toEqual([]);
  });
});

describe('DELETE /auth/sessions', () => {
  it('ends all sessions of the user but the current one, and counts them', async () => {
    const current = await service.signIn('all@example.com');
    const others = [
      await service.signIn('all@example.com'),
      await service.signIn('all@example.com'),
    ];
    const theirs = await service.signIn('not.all@example.com');

    const response = await remove('/auth/sessions', current);
    expect([response.status, response.body]).toEqual([200, { revoked: 2 }]);
    expectSecurityHeaders(response);
    for (const other of others) {
      expectProblem(await get('/auth/session', other), 'session_revoked');
      expect(await revocations(other.sessionId)).toEqual([
        { type: 'session.revoked', reason: 'user_request' },
      ]);
    }
    for (const untouched of [current, theirs]) {
      expect((await get('/auth/session', untouched)).status).toBe(200);
    }

    expect((await remove('/auth/sessions', current)).body).toEqual({ revoked: 0 });
  });
});

describe('POST /auth/logout', () => {
  it('ends the current session alone', async () => {
    const session = await service.signIn('bye@example.com');
    const other = await service.signIn('bye@example.com');

    const response = await service.http.post('/auth/logout').set(session.headers);
    expect([response.status, response.text]).toEqual([204, '']);
    expectSecurityHeaders(response);
    // Only what a cookie session has left in a browser needs clearing.
    expect(response.headers).not.toHaveProperty('clear-site-data');
    expect(response.headers).not.toHaveProperty('set-cookie');
    expectProblem(await get('/auth/session', session), 'session_revoked');
    expect((await get('/auth/session', other)).status).toBe(200);
    expect(await revocations(session.sessionId)).toEqual([
      { type: 'session.logged_out', reason: null },
    ]);
  });

  const logOut = async (headers: Readonly<Record<string, string>>): Promise<Response> =>
    service.http.post('/auth/logout').set(headers);

  const hasEnded = async ({ sessionId }: SignedIn): Promise<unknown> =>
    (
      await service.sql('SELECT NOT is_active AS ended FROM user_sessions WHERE id = $1', [
        sessionId,
      ])
    )[0]?.['ended'];

  it.each<[string, (session: SignedIn) => Promise<unknown>, object[]]>([
    [
      'has ended',
      (session) => remove(`/auth/sessions/${session.sessionId}`, session),
      [{ type: 'session.revoked', reason: 'user_request' }],
    ],
    [
      'has expired',
      ({ sessionId }) =>
        service.sql('UPDATE user_sessions SET expires_at = now() WHERE id = $1', [sessionId]),
      [{ type: 'session.logged_out', reason: null }],
    ],
    [
      'belongs to a disabled user',
      ({ userId }) => service.sql('UPDATE users SET is_active = false WHERE id = $1', [userId]),
      [],
    ],
    [
      'belongs to a locked user',
      ({ userId }) =>
        service.sql(
          `UPDATE users SET account_locked_until = now() + interval '1 hour' WHERE id = $1`,
          [userId],
        ),
      [],
    ],
    [
      'is gone from the database',
      ({ sessionId }) => service.sql('DELETE FROM user_sessions WHERE id = $1', [sessionId]),
      [],
    ],
  ])('answers 204 to a session of ours that %s', async (what, prepare, events) => {
    const session = await service.signIn(`${what.replaceAll(' ', '-')}@example.com`);
    await prepare(session);
    for (let time = 1; time <= 2; time += 1) {
      const response = await logOut(session.headers);
      expect([response.status, response.text]).toEqual([204, '']);
      expectSecurityHeaders(response);
    }
    expect(await hasEnded(session)).toBe(what === 'is gone from the database' ? undefined : true);
    expect(await revocations(session.sessionId)).toEqual(events);
  });

  it('ends a session from elsewhere, on whatever device and with whatever fingerprint', async () => {
    for (const [index, elsewhere] of [
      { 'X-Forwarded-For': '198.51.100.1' },
      { 'User-Agent': SAFARI },
      { 'X-Device-Fingerprint': 'another-device' },
      { 'X-Device-Fingerprint': '' },
      { 'X-Device-Fingerprint': 'f'.repeat(129) },
    ].entries()) {
      const session = await service.signIn(`elsewhere-${index.toString()}@example.com`, {
        userAgent: FIREFOX,
        fingerprint: 'a-device',
        forwardedFor: '192.0.2.1',
      });
      expect((await logOut({ ...session.headers, ...elsewhere })).status).toBe(204);
      expectProblem(await get('/auth/session', session), 'session_revoked');
      expect(await revocations(session.sessionId)).toEqual([
        { type: 'session.logged_out', reason: null },
      ]);
    }
  });

  it('answers 401 only where there are no credentials, or none of ours', async () => {
    for (const none of [
      {},
      { Authorization: 'Basic YWRhOmFkYQ==' },
      { Cookie: 'theme=dark; session=1' },
    ]) {
      expectProblem(await logOut(none), 'session_missing');
    }

    const session = await service.signIn('genuine@example.com');
    const { token: link } = await service.requestLink('genuine@example.com');
    const genuine = session.headers['Authorization'] ?? '';
    for (const wrong of ['Bearer', 'Bearer x', `Bearer ${link}`, `${genuine}A`, `${genuine} x`]) {
      expectProblem(await logOut({ ...session.headers, Authorization: wrong }), 'session_invalid');
    }

    expect((await get('/auth/session', session)).status).toBe(200);
  });
});

describe('every route that wants a session', () => {
  const expectEverywhere = async (
    headers: Readonly<Record<string, string>>,
    ...expected: [code: Parameters<typeof expectProblem>[1], fields?: string[]]
  ): Promise<void> => {
    for (const [method, path] of GUARDED_ROUTES) {
      expectProblem(await service.http[method](path).set(headers), ...expected);
    }
  };

  it('answers session_missing to a request without credentials', async () => {
    await expectEverywhere({}, 'session_missing');
    await expectEverywhere({ Authorization: 'Basic YWRhOmFkYQ==' }, 'session_missing');
    await expectEverywhere({ Cookie: 'theme=dark; session=1' }, 'session_missing');
  });

  it('answers session_invalid to what is no session of ours', async () => {
    const { headers } = await service.signIn('invalid@example.com');
    const { token: link } = await service.requestLink('invalid@example.com');
    const genuine = headers['Authorization'] ?? '';
    for (const wrong of ['Bearer', 'Bearer x', `Bearer ${link}`, `${genuine}A`, `${genuine} x`]) {
      await expectEverywhere({ Authorization: wrong }, 'session_invalid');
    }
  });

  it('answers session_expired to a session past its time', async () => {
    const { headers, sessionId } = await service.signIn('expired@example.com');
    await service.sql('UPDATE user_sessions SET expires_at = now() WHERE id = $1', [sessionId]);
    await expectEverywhere(headers, 'session_expired');
  });

  it('answers session_revoked to a session that has ended', async () => {
    const { headers } = await service.signIn('revoked@example.com');
    await service.http.post('/auth/logout').set(headers);
    await expectEverywhere(headers, 'session_revoked');
  });

  it.each([
    ['account_disabled', 'is_active = false', 'is_active = true'],
    [
      'account_locked',
      `account_locked_until = now() + interval '1 hour'`,
      'account_locked_until = NULL',
    ],
  ])('answers session_revoked to a user who was stopped, for good: %s', async (why, stop, undo) => {
    const { headers, sessionId, userId } = await service.signIn(`${why}@example.com`);
    await service.sql(`UPDATE users SET ${stop} WHERE id = $1`, [userId]);
    await expectEverywhere(headers, 'session_revoked');
    const [session] = await service.sql(
      'SELECT is_active, revoked_reason FROM user_sessions WHERE id = $1',
      [sessionId],
    );
    expect(session).toEqual({ is_active: false, revoked_reason: why });

    await service.sql(`UPDATE users SET ${undo} WHERE id = $1`, [userId]);
    await expectEverywhere(headers, 'session_revoked');
    const { headers: later } = await service.signIn(`${why}@example.com`);
    await service.http.get('/auth/session').set(later).expect(200);
  });

  it('answers context_mismatch to a session from elsewhere', async () => {
    const session = await service.signIn('moved@example.com', { forwardedFor: '192.0.2.1' });
    const elsewhere = { ...session.headers, 'X-Forwarded-For': '198.51.100.1' };
    await expectEverywhere(elsewhere, 'context_mismatch');
  });

  it('refuses a device fingerprint of a wrong form', async () => {
    const { headers } = await service.signIn('fingerprint@example.com');
    const wrong = { ...headers, 'X-Device-Fingerprint': '' };
    await expectEverywhere(wrong, 'invalid_request', ['x-device-fingerprint']);
  });
});

describe('the end of a session', () => {
  it('comes with its token, even if its row says later', async () => {
    const { headers, sessionId } = await service.signIn('token.end@example.com');
    const claims = decodePart(headers['Authorization'] ?? '', 1);
    const token = await privately(service.app, TokenSigner).sign('session', {
      id: sessionId,
      issuedAt: Number(claims['iat']) - 3_600,
      expiresAt: Number(claims['iat']) - 1_800,
      context: String(claims['ctx']),
    });
    await service.sql('UPDATE user_sessions SET session_token_hash = $2 WHERE id = $1', [
      sessionId,
      tokenHash(token),
    ]);

    const response = await service.http.get('/auth/session').auth(token, { type: 'bearer' });
    expectProblem(response, 'session_expired');
  });

  it('comes by idling, where that is asked for', async () => {
    const idle = await limited.signIn('idle@example.com');
    const used = await limited.signIn('idle@example.com');
    const leaveIdle = async ({ sessionId }: SignedIn, seconds: number): Promise<void> => {
      await service.sql(
        `UPDATE user_sessions SET last_accessed_at = now() - make_interval(secs => $2)
          WHERE id = $1`,
        [sessionId, seconds],
      );
    };
    await leaveIdle(idle, IDLE_TIMEOUT_SECONDS);
    await leaveIdle(used, IDLE_TIMEOUT_SECONDS - 10);

    expectProblem(await get('/auth/session', idle, limited), 'session_expired');
    expect((await get('/auth/session', used, limited)).status).toBe(200);
    expect(await listedIds(used, limited)).toEqual([used.sessionId]);
    const removed = await limited.http.delete(`/auth/sessions/${idle.sessionId}`).set(used.headers);
    expectProblem(removed, 'not_found');
    expect((await get('/auth/session', idle)).status).toBe(200);
  });

  it('comes to the oldest session when there are more than a user may have', async () => {
    const email = 'cap@example.com';
    const first = await limited.signIn(email);
    const second = await limited.signIn(email);
    const third = await limited.signIn(email);
    const fourth = await limited.signIn(email);

    expectProblem(await get('/auth/session', first, limited), 'session_revoked');
    expect(await revocations(first.sessionId)).toEqual([
      { type: 'session.revoked', reason: 'session_cap' },
    ]);
    expect(await listedIds(fourth, limited)).toEqual([
      fourth.sessionId,
      third.sessionId,
      second.sessionId,
    ]);
  });

  it('of one session makes room for another below the cap', async () => {
    const email = 'room@example.com';
    const first = await limited.signIn(email);
    const second = await limited.signIn(email);
    const third = await limited.signIn(email);
    await service.sql('UPDATE user_sessions SET expires_at = now() WHERE id = $1', [
      third.sessionId,
    ]);

    await limited.signIn(email);
    for (const session of [first, second]) {
      expect((await get('/auth/session', session, limited)).status).toBe(200);
    }
  });
});
