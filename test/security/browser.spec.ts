import type { Response } from 'supertest';

import type { ContextPolicy } from '../../src/config/context-policy-name';
import { AttackWatch } from '../support/attacks/attack-watch';
import {
  BEHIND_PROXY,
  type Client,
  deviceCookie,
  headersOf,
  sessionCookie,
} from '../support/http/client';
import { FIREFOX, NEWER_FIREFOX, SAFARI } from '../support/http/user-agents';
import { expectProblem } from '../support/problem';
import { requestLinks } from '../support/sign-in/link-tokens';
import { sessionOf, type SignedIn } from '../support/sign-in/sign-in-flow';
import { startTestService, type TestService } from '../support/test-service';

const PUBLIC_URL = 'https://auth.example.com';
const OWN_PAGE = { Origin: PUBLIC_URL };
const ATTACKER = { Origin: 'https://attacker.example.net', 'Sec-Fetch-Site': 'cross-site' };

const UNKNOWN_ID = '00000000-0000-4000-8000-000000000000';

const watch = new AttackWatch();
/** One instance for each policy, all on one database. */
const instances = new Map<ContextPolicy, TestService>();
let strict: TestService;

beforeAll(async () => {
  for (const contextPolicy of ['strict', 'exact', 'balanced', 'observe'] as const) {
    const first = instances.get('strict');
    const service = await startTestService({
      options: {
        ...BEHIND_PROXY,
        contextPolicy,
        publicUrl: PUBLIC_URL,
        allowedOrigins: [PUBLIC_URL],
        allowedRedirects: ['https://app.example.com/welcome'],
      },
      ...(first && { database: first.database, mailbox: first.mailbox }),
    });
    instances.set(contextPolicy, service);
  }
  strict = instances.get('strict')!;
  watch.watch(...instances.values());
});

afterAll(async () => {
  for (const service of [...instances.values()].toReversed()) await service.stop();
});

const HOME: Client = { userAgent: FIREFOX, forwardedFor: '192.0.2.1' };

/** Presents a link and asks for a cookie, as a page of the service does. */
const verifyForCookie = async (token: string, client: Client = HOME): Promise<Response> => {
  const response = await strict.verify(token, {
    ...client,
    headers: { ...OWN_PAGE, ...client.headers },
    transport: 'cookie',
  });
  watch.expectHandled(response);
  return response;
};

const newLink = async (email: string, client: Client = HOME): Promise<string> => {
  const [link] = await requestLinks(strict, [{ email, ...client }]);
  watch.keep(link!.token);
  return link!.token;
};

const signIn = async (email: string, client: Client = HOME): Promise<SignedIn> =>
  sessionOf(await strict.verify(await newLink(email, client), client), client);

const signInByCookie = async (email: string): Promise<SignedIn> =>
  sessionOf(await verifyForCookie(await newLink(email)), HOME);

/** A request with a session, from wherever. */
const whoIs = async (
  { headers }: SignedIn,
  client: Client = {},
  service = strict,
): Promise<Response> => {
  const response = await service.http
    .get('/auth/session')
    .set({ ...headers, ...headersOf(client) });
  watch.expectHandled(response);
  return response;
};

const eventsOf = async (sessionId: string, type: string): Promise<object[]> =>
  strict.sql(
    'SELECT reason, details FROM security_events WHERE session_id = $1 AND type = $2 ORDER BY seq',
    [sessionId, type],
  );

describe('B1 a page of another site', () => {
  const UNSAFE = [
    ['post', '/auth/magic-link/request', { email: 'ada@example.com' }],
    ['post', '/auth/magic-link/verify', { token: 'a.b.c' }],
    ['post', '/auth/magic-link/verify-code', { magic_link_id: UNKNOWN_ID, code: '123456' }],
    ['post', '/auth/magic-link/inspect', { token: 'a.b.c' }],
    ['post', '/auth/magic-link/report', { token: 'a.b.c', statement: 'not_requested' }],
    ['post', '/auth/magic-link/report/undo', { token: 'a.b.c' }],
    ['post', '/auth/logout', undefined],
    ['delete', '/auth/sessions', undefined],
    ['delete', `/auth/sessions/${UNKNOWN_ID}`, undefined],
  ] as const;

  it('B1 can change nothing on any route, with a cookie or without', async () => {
    const session = await signInByCookie('forged@example.com');
    for (const [method, path, body] of UNSAFE) {
      for (const credentials of [{}, { Cookie: session.headers['Cookie']! }]) {
        for (const from of [
          ATTACKER,
          { Origin: 'https://attacker.example.net' },
          { 'Sec-Fetch-Site': 'cross-site' },
          // A sibling domain is another origin too.
          { 'Sec-Fetch-Site': 'same-site' },
          { Origin: 'https://evil.auth.example.com' },
          { Origin: 'null', 'Sec-Fetch-Site': 'cross-site' },
        ]) {
          const response = await strict.http[method](path)
            .set({ ...headersOf(HOME), ...credentials, ...from })
            .send(body);
          watch.expectHandled(response);
          expectProblem(response, 'origin_forbidden');
          expect(response.headers).not.toHaveProperty('set-cookie');
        }
      }
    }
    expect((await whoIs(session)).status).toBe(200);
  });

  it('B1 cannot send a form in place of JSON', async () => {
    for (const type of ['text/plain', 'application/x-www-form-urlencoded', 'multipart/form-data']) {
      const response = await strict.http
        .post('/auth/magic-link/request')
        .set({ ...OWN_PAGE, 'Content-Type': type })
        .send('{"email":"ada@example.com"}');
      expectProblem(response, 'unsupported_media_type');
    }
  });

  it('B1 cannot sign a visitor in as somebody else: login CSRF', async () => {
    const token = await newLink('attacker@example.net');
    const response = await strict.verify(token, {
      ...HOME,
      headers: ATTACKER,
      transport: 'cookie',
    });
    expectProblem(response, 'origin_forbidden');
    expect(response.headers).not.toHaveProperty('set-cookie');
    expect((await verifyForCookie(token)).status).toBe(200);
  });

  it('B1 gets no permission from a preflight, and cannot read an answer', async () => {
    const preflight = await strict.http
      .options('/auth/sessions')
      .set({ ...ATTACKER, 'Access-Control-Request-Method': 'DELETE' });
    const session = await signInByCookie('unread@example.com');
    const read = await strict.http.get('/auth/session').set({ ...session.headers, ...ATTACKER });
    for (const { headers } of [preflight, read]) {
      expect(Object.keys(headers).filter((name) => name.startsWith('access-control'))).toEqual([]);
    }
  });
});

describe('B2 a link opened in another browser', () => {
  const OTHER_BROWSER = { ...HOME, userAgent: SAFARI };
  const NEXT_VERSION = { ...HOME, userAgent: NEWER_FIREFOX };
  const ELSEWHERE = { ...HOME, forwardedFor: '198.51.100.1' };
  const NEARBY = { ...HOME, forwardedFor: '192.0.2.99' };

  it.each([
    ['exact', [401, 401, 401, 401]],
    ['strict', [401, 401, 401, 401]],
    ['balanced', [401, 200, 401, 200]],
    ['observe', [200, 200, 200, 200]],
  ] as const)('B2 is decided as %s says', async (policy, expected) => {
    const service = instances.get(policy)!;
    const statuses = [];
    for (const client of [OTHER_BROWSER, NEXT_VERSION, ELSEWHERE, NEARBY]) {
      const response = await service.verify(await newLink('opened@example.com'), client);
      watch.expectHandled(response);
      if (response.status === 401) expectProblem(response, 'context_mismatch');
      statuses.push(response.status);
    }
    expect(statuses).toEqual(expected);
  });
});

describe('a cookie', () => {
  it('B3 that was planted before the sign-in is never adopted', async () => {
    const attacker = await signIn('attacker@example.net');
    const planted = attacker.headers['Authorization']!.slice('Bearer '.length);
    const token = await newLink('victim@example.com');

    const response = await verifyForCookie(token, {
      ...HOME,
      headers: { Cookie: `__Host-mira_session=${planted}` },
    });

    expect(sessionCookie(response)).not.toBe(`__Host-mira_session=${planted}`);
    expect(response.body.session_id).not.toBe(attacker.sessionId);
    const { body } = await whoIs(sessionOf(response, HOME));
    expect(body.user.email).toBe('victim@example.com');
    // One browser has one session: what was there before has ended.
    expectProblem(await whoIs(attacker), 'session_revoked');
  });

  it('B3 of a device that was planted before the sign-in proves nothing after it', async () => {
    const planted = `__Host-mira_device=${'p'.repeat(43)}`;
    const client = { ...HOME, headers: { Cookie: planted } };
    const response = await strict.verify(await newLink('planted@example.com', client), client);
    watch.expectHandled(response);
    const own = deviceCookie(response);
    expect(own).toMatch(/^__Host-mira_device=[\w-]{43}$/);
    expect(own).not.toBe(planted);

    const session = sessionOf(response, client);
    expect(session.headers['Cookie']).toContain(own);
    expect((await whoIs(session)).status).toBe(200);
    const thief = { ...HOME, headers: { Cookie: planted } };
    expectProblem(await whoIs(session, thief), 'context_mismatch');
  });

  it('B4 has the attributes of the contract, and its token is in no body', async () => {
    const response = await verifyForCookie(await newLink('cookie@example.com'));
    const [cookie, ...others] = response.headers['set-cookie'] as unknown as string[];
    expect(others).toEqual([]);
    const [pair, ...attributes] = cookie!.split('; ');
    expect(pair).toMatch(/^__Host-mira_session=[\w-]+\.[\w-]+\.[\w-]+$/);
    expect(attributes.toSorted()).toEqual([
      'HttpOnly',
      'Max-Age=86400',
      'Path=/',
      'SameSite=Lax',
      'Secure',
    ]);
    expect(response.body).not.toHaveProperty('session_token');
    expect(response.text).not.toContain(pair!.slice(pair!.indexOf('=') + 1));

    const { headers } = sessionOf(response, HOME);
    const left = await strict.http.post('/auth/logout').set({ ...headers, ...OWN_PAGE });
    expect([left.status, left.headers['set-cookie'], left.headers['clear-site-data']]).toEqual([
      204,
      [expect.stringMatching(/^__Host-mira_session=; Path=\/; Max-Age=0; HttpOnly; .*Secure$/)],
      '"cache"',
    ]);
  });

  it('B5 of a sibling domain is ignored: its name cannot have the prefix', async () => {
    const { headers } = await signInByCookie('sibling@example.com');
    const token = headers['Cookie']!.slice('__Host-mira_session='.length);
    for (const name of ['mira_session', '__Secure-mira_session', '__host-mira_session']) {
      const response = await strict.http
        .get('/auth/session')
        .set({ ...headersOf(HOME), Cookie: `${name}=${token}` });
      watch.expectHandled(response);
      expectProblem(response, 'session_missing');
    }
  });
});

describe('B6 a redirect_to that leads elsewhere', () => {
  const TRICKS = [
    '//attacker.example.net',
    'https:attacker.example.net',
    '/\\attacker.example.net',
    'https:\\\\app.example.com/welcome',
    'https://app.example.com\\@attacker.example.net/welcome',
    'https://app.example.com@attacker.example.net/welcome',
    'https://user:password@app.example.com/welcome',
    'https://app.example.com.attacker.example.net/welcome',
    'https://attacker.example.net/https://app.example.com/welcome',
    'https://attacker.example.net#@app.example.com/welcome',
    'http://app.example.com/welcome',
    'https://app.example.com:8443/welcome',
    'https://app.example.com/welcome-attacker',
    'https://app.example.com/welcome/../admin',
    'https://app.example.com/welcome/%2e%2e/admin',
    'https://app.example.com/welcome/%252e%252e/admin',
    'https://app.example.com/welcome/%2f%2fattacker.example.net',
    'https://app.example.com/welcome//attacker.example.net',
    'https://app.example.com/welcome/..;/admin',
    'javascript:alert(1)',
    'JaVaScRiPt:alert(1)//app.example.com/welcome',
    'data:text/html,x',
    'https://app.example.com/welcome\r\nSet-Cookie: a=b',
    'https://app.example.com/welcome\t',
    ' https://app.example.com/welcome',
    'https://ａpp.example.com/welcome',
    'https://app.example.com/welcome\u202e',
    '/welcome',
    'welcome',
    '',
  ];
  const accepted = 'https://app.example.com/welcome/page?next=1#here';

  it('B6 is refused at the request', async () => {
    for (const target of TRICKS) {
      if (target.includes('..;')) continue;
      const response = await strict.http
        .post('/auth/magic-link/request')
        .set(headersOf(HOME))
        .send({ email: 'redirect@example.com', redirect_to: target });
      watch.expectHandled(response);
      expect([target, response.status]).toEqual([target, 400]);
      expectProblem(response, 'invalid_request', ['redirect_to']);
    }
    const mails = await strict.sql(`SELECT FROM magic_links WHERE email = 'redirect@example.com'`);
    expect(mails).toEqual([]);
  });

  it('B6 is refused at the verification too, wherever it came from', async () => {
    const { id, token } = await strict.requestLink('redirect@example.com', {
      ...HOME,
      redirectTo: accepted,
    });
    watch.keep(token);
    for (const target of TRICKS) {
      if (target.includes('..;')) continue;
      await strict.sql('UPDATE magic_links SET redirect_to = $1 WHERE id = $2', [target, id]);
      const response = await strict.verify(token, HOME);
      watch.expectHandled(response);
      expect([target, response.status]).toEqual([target, 400]);
    }
    await strict.sql('UPDATE magic_links SET redirect_to = $1 WHERE id = $2', [accepted, id]);
    expect((await strict.verify(token, HOME)).body).toMatchObject({ redirect_to: accepted });
  });
});

describe('a session in other hands', () => {
  it('B9 is refused from another network, as each policy says, and told to the trail', async () => {
    const client = { ...HOME, forwardedFor: '198.51.100.1' };
    const session = await signIn('replayed-network@example.com');
    expectProblem(await whoIs(session, client, instances.get('strict')), 'context_mismatch');
    expectProblem(await whoIs(session, client, instances.get('balanced')), 'context_mismatch');
    expect(await eventsOf(session.sessionId, 'session.refused')).toEqual([
      { reason: 'context_mismatch', details: { differences: ['network'] } },
      { reason: 'context_mismatch', details: { differences: ['network'] } },
    ]);
    expect((await whoIs(session, client, instances.get('observe'))).status).toBe(200);
    expect(await eventsOf(session.sessionId, 'session.context_observed')).toEqual([
      {
        reason: null,
        details: { differences: ['network'], strict: 'refused', balanced: 'refused' },
      },
    ]);
    expect((await whoIs(session)).status).toBe(200);
  });

  it('B10 is refused from another browser, and ends when that is tried again and again', async () => {
    const thief = { ...HOME, userAgent: SAFARI };
    const session = await signIn('replayed-browser@example.com');
    for (let attempt = 1; attempt <= 4; attempt += 1) {
      expectProblem(await whoIs(session, thief), 'context_mismatch');
      expect((await whoIs(session)).status).toBe(200);
    }
    expectProblem(await whoIs(session, thief), 'context_mismatch');

    expectProblem(await whoIs(session), 'session_revoked');
    expect(await eventsOf(session.sessionId, 'session.revoked')).toEqual([
      { reason: 'context_mismatch', details: {} },
    ]);
  });

  it('B10 is refused with another device’s fingerprint', async () => {
    const fingerprint = watch.canary();
    const session = await signIn('replayed-device@example.com', { ...HOME, fingerprint });
    for (const policy of ['strict', 'balanced'] as const) {
      const response = await whoIs(session, { fingerprint: watch.canary() }, instances.get(policy));
      expectProblem(response, 'context_mismatch');
    }
    expect((await whoIs(session)).status).toBe(200);
  });

  it.each(['exact', 'strict', 'balanced'] as const)(
    'B10 is refused without its device’s secret, or with another one, under %s',
    async (policy) => {
      const fingerprint = `md1.${'a'.repeat(43)}`;
      const session = await signIn('replayed-secret@example.com', { ...HOME, fingerprint });
      for (const shown of [`md1.${'b'.repeat(43)}`, 'a'.repeat(43), watch.canary()]) {
        const response = await whoIs(session, { fingerprint: shown }, instances.get(policy));
        expectProblem(response, 'context_mismatch');
      }
      const { 'X-Device-Fingerprint': _, ...none } = session.headers;
      const response = await whoIs({ ...session, headers: none }, {}, instances.get(policy));
      expectProblem(response, 'context_mismatch');
      expect((await whoIs(session)).status).toBe(200);
    },
  );

  it('B11 is not lost by its owner’s moves on a known device, whatever the moves', async () => {
    const proven = await signIn('moving@example.com', {
      ...HOME,
      fingerprint: `md1.${'m'.repeat(43)}`,
    });
    for (let move = 1; move <= 10; move += 1) {
      const elsewhere = { forwardedFor: `198.51.${move.toString()}.1` };
      for (const policy of ['strict', 'balanced'] as const) {
        const service = instances.get(policy);
        const updated = { ...elsewhere, userAgent: move % 2 === 0 ? FIREFOX : NEWER_FIREFOX };
        expect((await whoIs(proven, updated, service)).status).toBe(200);
        // "Request desktop site" is refused, and is no theft.
        const desktop = await whoIs(proven, { ...elsewhere, userAgent: SAFARI }, service);
        expectProblem(desktop, 'context_mismatch');
      }
    }
    expect((await whoIs(proven)).status).toBe(200);
    expect(await eventsOf(proven.sessionId, 'session.revoked')).toEqual([]);
  });

  it('B11 is not lost by its owner’s moves under balanced', async () => {
    const balanced = instances.get('balanced');
    const known = await signIn('moving-known@example.com', {
      ...HOME,
      fingerprint: watch.canary(),
    });
    const plain = await signIn('moving-plain@example.com');

    for (let move = 1; move <= 10; move += 1) {
      const elsewhere = { forwardedFor: `198.51.100.${move.toString()}` };
      expect((await whoIs(known, elsewhere, balanced)).status).toBe(200);
      const nearby = { forwardedFor: `192.0.2.${(100 + move).toString()}` };
      expect((await whoIs(plain, nearby, balanced)).status).toBe(200);
      // Strict refuses what balanced lets pass, and that counts towards nothing.
      expectProblem(await whoIs(plain, nearby), 'context_mismatch');
    }
    expect((await whoIs(plain, {}, balanced)).status).toBe(200);

    // Far away it is refused. It may be the owner, so that ends nothing, however often.
    for (let attempt = 1; attempt <= 10; attempt += 1) {
      const far = { forwardedFor: '198.51.100.1' };
      expectProblem(await whoIs(plain, far, balanced), 'context_mismatch');
    }
    expect((await whoIs(plain, {}, balanced)).status).toBe(200);
  });
});

describe('somebody who is signed in', () => {
  it('A1 can neither see nor end what belongs to others', async () => {
    const mine = await signIn('mine@example.com');
    const other = await signIn('other@example.com');
    const { body: sessions } = await strict.http.get('/auth/sessions').set(mine.headers);
    expect(sessions.sessions.map(({ id }: { id: string }) => id)).toEqual([mine.sessionId]);
    const { text: events } = await strict.http.get('/auth/events?limit=100').set(mine.headers);
    expect(events).not.toContain(other.sessionId);
    expect(events).toContain(mine.sessionId);

    const response = await strict.http
      .delete(`/auth/sessions/${other.sessionId}`)
      .set(mine.headers);
    expectProblem(response, 'not_found');
    const { body } = await strict.http.delete('/auth/sessions').set(mine.headers);
    expect(body).toEqual({ revoked: 0 });
    expect((await whoIs(other)).status).toBe(200);
  });

  it('A5 A6 can inject nothing by a cursor, a limit, a filter or an id', async () => {
    const session = await signIn('injecting@example.com');
    const get = async (path: string): Promise<Response> => {
      const response = await strict.http.get(path).set(session.headers);
      watch.expectHandled(response);
      return response;
    };
    const hostile = [
      `' OR 1=1 --`,
      '1; DROP TABLE users',
      '9'.repeat(60),
      '-1',
      '0',
      '1e3',
      '0x10',
      '$1',
      '\0',
      '\u202e',
      Buffer.from(`1' OR '1'='1`).toString('base64url'),
      Buffer.from('99999999999999999999').toString('base64url'),
      'x'.repeat(5_000),
    ].map(encodeURIComponent);
    for (const value of hostile) {
      expectProblem(await get(`/auth/events?cursor=${value}`), 'invalid_request');
      expectProblem(await get(`/auth/events?limit=${value}.5`), 'invalid_request');
      expectProblem(await get(`/auth/events?type=${value}`), 'invalid_request');
      const removal = await strict.http.delete(`/auth/sessions/${value}`).set(session.headers);
      watch.expectHandled(removal);
      expectProblem(removal, 'not_found');
    }
    for (const query of [
      'cursor[]=1',
      'cursor[$gt]=',
      'cursor=MQ&cursor=MQ',
      'limit[]=1&limit[]=2',
      'limit=101',
      'limit=',
      '__proto__[x]=1',
      'constructor[prototype][x]=1',
    ]) {
      expect([query, (await get(`/auth/events?${query}`)).body.code]).toEqual([
        query,
        'invalid_request',
      ]);
    }
    expect((await get('/auth/events')).status).toBe(200);
  });
});

watch.defineAftermath();
