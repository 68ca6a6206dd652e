import type { Response } from 'supertest';

import { sessionCookie } from '../support/http/client';
import { expectProblem } from '../support/problem';
import { sessionOf, type SignedIn } from '../support/sign-in/sign-in-flow';
import { startTestService, TEST_PUBLIC_URL, type TestService } from '../support/test-service';

const TOKEN = String.raw`[\w-]+\.[\w-]+\.[\w-]+`;
const UNKNOWN_ID = '00000000-0000-4000-8000-000000000000';

/** Another port is another origin, and the same site. */
const SISTER_ORIGIN = 'http://localhost:4000';
/** On the allow-list, and another site. */
const PARTNER_ORIGIN = 'https://partner.example';

const cookie = { transport: 'cookie' } as const;

describe('a session in a cookie', () => {
  let service: TestService;

  beforeAll(async () => {
    service = await startTestService({
      options: { allowedOrigins: [TEST_PUBLIC_URL, SISTER_ORIGIN, PARTNER_ORIGIN] },
    });
  });

  afterAll(() => service.stop());

  const verify = async (email: string, headers: Record<string, string> = {}): Promise<Response> => {
    const { token } = await service.requestLink(email);
    return service.verify(token, { ...cookie, headers });
  };

  const getSession = async (headers: Readonly<Record<string, string>>): Promise<Response> =>
    service.http.get('/auth/session').set(headers);

  describe('is set', () => {
    it('with the attributes for plain http on a loopback host, for a day', async () => {
      const response = await verify('set@example.com');
      expect(response.headers['set-cookie']).toEqual([
        expect.stringMatching(
          new RegExp(`^mira_session=${TOKEN}; Path=/; Max-Age=86400; HttpOnly; SameSite=Lax$`),
        ),
      ]);
    });

    it('and its token is in no body', async () => {
      const response = await verify('body@example.com');
      expect([response.status, response.body]).toEqual([
        200,
        {
          user_id: expect.any(String),
          email: 'body@example.com',
          session_id: expect.any(String),
          expires_at: expect.any(String),
          redirect_to: null,
        },
      ]);
      const token = sessionCookie(response).split('=')[1] ?? '';
      expect(response.text).not.toContain(token.split('.')[2]);
    });

    it('for 30 days where the device is remembered', async () => {
      const client = { fingerprint: 'device-1', rememberDevice: true, ...cookie };
      const { token } = await service.requestLink('remember@example.com', client);
      const response = await service.verify(token, client);
      expect(response.headers['set-cookie']).toEqual([
        expect.stringContaining('; Max-Age=2592000;'),
      ]);
    });

    it('anew at each sign-in, whatever cookie the browser brings along', async () => {
      const stranger = await service.signIn('stranger@example.com', cookie);
      const planted = stranger.headers['Cookie'] ?? '';

      const response = await verify('victim@example.com', { Cookie: planted });
      expect(sessionCookie(response)).not.toBe(planted);
      const { body } = await getSession({ Cookie: sessionCookie(response) });
      expect(body.user.email).toBe('victim@example.com');
    });
  });

  describe('is refused to pages that could not use it', () => {
    it.each([
      ['an allowed origin of another site', { Origin: PARTNER_ORIGIN }],
      [
        'a request that the browser calls cross-site',
        {
          Origin: PARTNER_ORIGIN,
          'Sec-Fetch-Site': 'cross-site',
        },
      ],
    ])('with %s, and the link stays unused', async (_, headers) => {
      const { token } = await service.requestLink('cross@example.com');
      const refused = await service.verify(token, { ...cookie, headers });

      expectProblem(refused, 'invalid_request', ['transport']);
      expect(refused.headers).not.toHaveProperty('set-cookie');
      expect((await service.verify(token, { headers })).status).toBe(200);
    });

    it.each([{ Origin: SISTER_ORIGIN }, { Origin: SISTER_ORIGIN, 'Sec-Fetch-Site': 'same-site' }])(
      'but not to those of the same site, as with %j',
      async (headers) => {
        expect((await verify('sister@example.com', headers)).status).toBe(200);
      },
    );
  });

  describe('is used', () => {
    it('on every route that wants a session', async () => {
      const { headers, sessionId } = await service.signIn('use@example.com', cookie);
      const other = await service.signIn('use@example.com');
      for (const path of ['/auth/session', '/auth/sessions', '/auth/events']) {
        expect((await service.http.get(path).set(headers)).status).toBe(200);
      }

      const removed = await service.http.delete(`/auth/sessions/${other.sessionId}`).set(headers);
      expect(removed.status).toBe(204);
      expect((await service.http.delete('/auth/sessions').set(headers)).status).toBe(200);
      expect((await getSession(headers)).body.session.id).toBe(sessionId);
    });

    it('among other cookies', async () => {
      const { headers } = await service.signIn('crowd@example.com', cookie);
      const crowd = { Cookie: `theme=dark; ${headers['Cookie'] ?? ''}; x_mira_session=1` };
      expect((await getSession(crowd)).status).toBe(200);
    });

    it('under its one name only', async () => {
      const { headers } = await service.signIn('name@example.com', cookie);
      const token = headers['Cookie']?.split('=')[1] ?? '';
      for (const name of ['__Host-mira_session', 'session', 'MIRA_SESSION']) {
        expectProblem(await getSession({ Cookie: `${name}=${token}` }), 'session_missing');
      }

      expectProblem(await getSession({ Cookie: 'mira_session=' }), 'session_invalid');
    });

    it('only where there is no bearer token, good or bad', async () => {
      const inCookie = await service.signIn('cookie@example.com', cookie);
      const asBearer = await service.signIn('bearer@example.com');
      const both = { ...inCookie.headers, ...asBearer.headers };

      expect((await getSession(both)).body.user.email).toBe('bearer@example.com');
      const spoilt = { ...inCookie.headers, Authorization: 'Bearer x' };
      expectProblem(await getSession(spoilt), 'session_invalid');
      const removed = await service.http.delete('/auth/sessions').set(both);
      expect([removed.status, removed.headers['set-cookie']]).toEqual([200, undefined]);
      expect((await getSession(inCookie.headers)).status).toBe(200);
    });
  });

  describe('is taken back', () => {
    const cleared = ['mira_session=; Path=/; Max-Age=0; HttpOnly; SameSite=Lax'];

    it('at log-out, with what the browser has cached', async () => {
      const { headers } = await service.signIn('logout@example.com', cookie);
      const response = await service.http.post('/auth/logout').set(headers);

      expect([response.status, response.text]).toEqual([204, '']);
      expect(response.headers['set-cookie']).toEqual(cleared);
      expect(response.headers['clear-site-data']).toBe('"cache"');
      expectProblem(await getSession(headers), 'session_revoked');
    });

    it('at log-out together with a bearer token: both end', async () => {
      const inCookie = await service.signIn('both.cookie@example.com', cookie);
      const asBearer = await service.signIn('both.bearer@example.com');
      const response = await service.http
        .post('/auth/logout')
        .set({ ...inCookie.headers, ...asBearer.headers });

      expect([response.status, response.headers['set-cookie']]).toEqual([204, cleared]);
      for (const { headers } of [inCookie, asBearer]) {
        expectProblem(await getSession(headers), 'session_revoked');
      }
    });

    it.each([
      ['has ended', 'UPDATE user_sessions SET is_active = false WHERE id = $1'],
      ['has expired', 'UPDATE user_sessions SET expires_at = now() WHERE id = $1'],
      ['is gone', 'DELETE FROM user_sessions WHERE id = $1'],
    ])('at log-out from a session that %s', async (what, change) => {
      const email = `${what.replaceAll(' ', '-')}@example.com`;
      const { headers, sessionId } = await service.signIn(email, cookie);
      await service.sql(change, [sessionId]);
      const response = await service.http.post('/auth/logout').set(headers);
      expect([response.status, response.headers['set-cookie']]).toEqual([204, cleared]);
    });

    it('at log-out also when it is none of ours, with the refusal', async () => {
      const { headers } = await service.signIn('spoilt@example.com', cookie);
      for (const spoilt of ['mira_session=', 'mira_session=x', `${headers['Cookie'] ?? ''}A`]) {
        const response = await service.http.post('/auth/logout').set({ Cookie: spoilt });
        expectProblem(response, 'session_invalid');
        expect(response.headers['set-cookie']).toEqual(cleared);
        expect(response.headers['clear-site-data']).toBe('"cache"');
      }
    });

    it('not when there is none: a log-out without one is refused, and sets nothing', async () => {
      const response = await service.http.post('/auth/logout').set({ Cookie: 'theme=dark' });
      expectProblem(response, 'session_missing');
      expect(response.headers).not.toHaveProperty('set-cookie');
    });

    it('not when the page shows another session: nothing is changed then', async () => {
      const { headers } = await service.signIn('shown@example.com', cookie);
      const shown = { ...headers, 'X-Session-Id': UNKNOWN_ID };
      const response = await service.http.post('/auth/logout').set(shown);
      expectProblem(response, 'session_changed');
      expect(response.headers).not.toHaveProperty('set-cookie');
      expect((await getSession(headers)).status).toBe(200);
    });

    it('when it is ended by its id', async () => {
      const { headers, sessionId } = await service.signIn('byid@example.com', cookie);
      const response = await service.http.delete(`/auth/sessions/${sessionId}`).set(headers);
      expect(response.status).toBe(204);
      expect(response.headers['set-cookie']).toEqual(cleared);
    });

    it('but not when other sessions are ended', async () => {
      const { headers } = await service.signIn('others@example.com', cookie);
      const other = await service.signIn('others@example.com');
      const answers = [
        await service.http.delete(`/auth/sessions/${other.sessionId}`).set(headers),
        await service.http.delete('/auth/sessions').set(headers),
      ];
      expect(answers.map(({ status }) => status)).toEqual([204, 200]);
      for (const answer of answers) expect(answer.headers).not.toHaveProperty('set-cookie');
    });
  });

  describe('cannot be abused by another site', () => {
    let session: SignedIn;

    beforeAll(async () => {
      session = await service.signIn('csrf@example.com', cookie);
    });

    const foreign = [
      { Origin: 'https://evil.example' },
      { Origin: 'null' },
      { Origin: 'http://localhost:3000.evil.example' },
      { Origin: 'https://localhost:3000' },
      { Origin: 'http://LOCALHOST:3000' },
      { Origin: 'https://evil.example', 'Sec-Fetch-Site': 'same-origin' },
      { 'Sec-Fetch-Site': 'cross-site' },
      { 'Sec-Fetch-Site': 'same-site' },
      { 'Sec-Fetch-Site': 'anything' },
    ];

    it.each([
      ['delete', `/auth/sessions/${UNKNOWN_ID}`],
      ['delete', '/auth/sessions'],
      ['post', '/auth/logout'],
    ] as const)('to change anything by %s %s', async (method, path) => {
      for (const headers of foreign) {
        const response = await service.http[method](path).set({ ...session.headers, ...headers });
        expectProblem(response, 'origin_forbidden');
        expect(response.headers).not.toHaveProperty('set-cookie');
        expect(response.headers).not.toHaveProperty('clear-site-data');
      }
      expect((await getSession(session.headers)).status).toBe(200);
    });

    it('to read anything: it may ask, and its browser keeps the answer from it', async () => {
      const response = await getSession({ ...session.headers, Origin: 'https://evil.example' });
      expect(response.status).toBe(200);
      expect(response.headers).not.toHaveProperty('access-control-allow-origin');
    });

    it.each([
      { Origin: TEST_PUBLIC_URL },
      { Origin: SISTER_ORIGIN, 'Sec-Fetch-Site': 'same-site' },
      { 'Sec-Fetch-Site': 'same-origin' },
      { 'Sec-Fetch-Site': 'none' },
    ])('while our own pages may, as with %j', async (headers) => {
      const response = await service.http
        .delete('/auth/sessions')
        .set({ ...session.headers, ...headers });
      expect(response.status).toBe(200);
    });
  });
});

describe('a session in a cookie under an https address', () => {
  let service: TestService;

  beforeAll(async () => {
    service = await startTestService({
      options: {
        publicUrl: 'https://auth.example.com',
        allowedOrigins: [
          'https://auth.example.com',
          'https://app.example.com',
          'https://app.co.uk',
        ],
      },
    });
  });

  afterAll(() => service.stop());

  it('is bound to this host and to TLS, set and taken back', async () => {
    const { token } = await service.requestLink('tls@example.com');
    const response = await service.verify(token, cookie);
    expect(response.headers['set-cookie']).toEqual([
      expect.stringMatching(
        new RegExp(
          `^__Host-mira_session=${TOKEN}; Path=/; Max-Age=86400; HttpOnly; SameSite=Lax; Secure$`,
        ),
      ),
    ]);

    const { headers } = sessionOf(response);
    const logout = await service.http.post('/auth/logout').set(headers);
    expect(logout.status).toBe(204);
    expect(logout.headers['set-cookie']).toEqual([
      '__Host-mira_session=; Path=/; Max-Age=0; HttpOnly; SameSite=Lax; Secure',
    ]);
  });

  it('is not taken from a cookie that a sibling domain could plant', async () => {
    const { headers } = await service.signIn('sibling@example.com', cookie);
    const token = headers['Cookie']?.split('=')[1] ?? '';
    const response = await service.http
      .get('/auth/session')
      .set('Cookie', `mira_session=${token}; Host-mira_session=${token}`);
    expectProblem(response, 'session_missing');
  });

  it('is given to a page of a sibling domain, and not to one of another site', async () => {
    const { token } = await service.requestLink('site@example.com');
    const from = async (origin: string): Promise<Response> =>
      service.verify(token, { ...cookie, headers: { Origin: origin } });

    expectProblem(await from('https://app.co.uk'), 'invalid_request', ['transport']);
    expect((await from('https://app.example.com')).status).toBe(200);
  });

  it('is announced as reached by TLS only', async () => {
    const { headers } = await service.http.get('/auth/session');
    expect(headers['strict-transport-security']).toBe('max-age=31536000; includeSubDomains');
  });

  it('has its links lead to the https address, whatever host a request names', async () => {
    await service.http
      .post('/auth/magic-link/request')
      .set({
        Host: 'evil.example',
        'X-Forwarded-Host': 'evil.example',
        'X-Forwarded-Proto': 'http',
      })
      .send({ email: 'host@example.com' });
    await service.mailedToken('host@example.com');
    const [mail] = service.mailbox.list();
    expect(mail?.text).toContain('https://auth.example.com/auth/link#token=');
    expect(`${mail?.text ?? ''}${mail?.html ?? ''}`).not.toContain('evil.example');
  });
});
