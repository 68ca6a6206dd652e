import { gzipSync } from 'node:zlib';

import type { Response } from 'supertest';

import { BEHIND_PROXY } from '../support/http/client';
import { createTestDatabase, type TestDatabase } from '../support/postgres/database';
import { TcpProxy } from '../support/postgres/tcp-proxy';
import { expectProblem, expectSecurityHeaders } from '../support/problem';
import {
  startBeside,
  startTestService,
  TEST_PUBLIC_URL,
  type TestService,
} from '../support/test-service';

const UNKNOWN_ID = '00000000-0000-4000-8000-000000000000';
const REQUEST = '/auth/magic-link/request';
const VERIFY = '/auth/magic-link/verify';

/** Every route of the API, with the methods that it takes. */
const ROUTES = [
  [REQUEST, 'POST, OPTIONS'],
  [VERIFY, 'POST, OPTIONS'],
  ['/auth/magic-link/verify-code', 'POST, OPTIONS'],
  ['/auth/magic-link/inspect', 'POST, OPTIONS'],
  ['/auth/magic-link/report', 'POST, OPTIONS'],
  ['/auth/session', 'GET, HEAD, OPTIONS'],
  ['/auth/sessions', 'GET, HEAD, DELETE, OPTIONS'],
  [`/auth/sessions/${UNKNOWN_ID}`, 'DELETE, OPTIONS'],
  ['/auth/logout', 'POST, OPTIONS'],
  ['/auth/events', 'GET, HEAD, OPTIONS'],
] as const;

const STATE_CHANGING = [
  ['post', REQUEST],
  ['post', VERIFY],
  ['post', '/auth/magic-link/verify-code'],
  ['post', '/auth/magic-link/inspect'],
  ['post', '/auth/magic-link/report'],
  ['delete', `/auth/sessions/${UNKNOWN_ID}`],
  ['delete', '/auth/sessions'],
  ['post', '/auth/logout'],
] as const;

let database: TestDatabase;
/** Between the service and its database. */
let proxy: TcpProxy;
let service: TestService;

beforeAll(async () => {
  database = await createTestDatabase();
  proxy = await TcpProxy.open(database.appUrl);
  service = await startTestService({
    database,
    options: { ...BEHIND_PROXY, database: { url: proxy.url } },
  });
});

afterAll(async () => {
  await service.stop();
  await proxy.close();
  await database.drop();
});

const send = async (
  body: string | Buffer,
  headers: Record<string, string> = { 'Content-Type': 'application/json' },
  path: string = VERIFY,
): Promise<Response> =>
  service.http
    .post(path)
    .set(headers)
    // Exactly these bytes, whatever the type says.
    .serialize((bytes: string) => bytes)
    .send(body);

describe('methods and paths', () => {
  it.each(ROUTES)('%s takes %s and no others', async (path, allowed) => {
    const methods = ['get', 'post', 'put', 'patch', 'delete'] as const;
    const others = methods.filter((method) => !allowed.includes(method.toUpperCase()));
    expect(others.length).toBeGreaterThanOrEqual(3);
    for (const method of others) {
      const response = await service.http[method](path);
      expectProblem(response, 'method_not_allowed');
      expect(response.headers['allow']).toBe(allowed);
    }
    const options = await service.http.options(path);
    expect([options.status, options.headers['allow']]).toEqual([204, allowed]);
  });

  it('does not take a method that a header or a query asks for', async () => {
    const response = await service.http
      .get(`${VERIFY}?_method=POST`)
      .set('X-HTTP-Method-Override', 'POST');
    expectProblem(response, 'method_not_allowed');
  });

  it('opens no link by GET or HEAD', async () => {
    const { token } = await service.requestLink('prefetch@example.com');
    for (const [path, status] of [
      [`${VERIFY}?token=${token}`, 405],
      ['/auth/link', 200],
      [`/auth/link?token=${token}`, 200],
    ] as const) {
      expect((await service.http.get(path)).status).toBe(status);
      expect((await service.http.head(path)).status).toBe(status);
    }
    expect((await service.verify(token)).status).toBe(200);
  });

  it.each(['/', '/auth', '/auth/', '/auth/nothing', '/auth/session/x', '/auth/magic-link', '/x'])(
    'answers not_found at %s',
    async (path) => {
      expectProblem(await service.http.get(path), 'not_found');
    },
  );

  it('answers invalid_request to a path that cannot be decoded', async () => {
    const { headers } = await service.signIn('percent@example.com');
    const response = await service.http.delete('/auth/sessions/%E0%A4%A').set(headers);
    expectProblem(response, 'invalid_request', []);
  });

  it.each(['/AUTH/Session', '/auth/session/'])(
    'guards %s like its usual spelling',
    async (path) => {
      expectProblem(await service.http.get(path), 'session_missing');
    },
  );
});

describe('bodies', () => {
  it.each([
    ['a form', { 'Content-Type': 'application/x-www-form-urlencoded' }, 'token=a.b.c'],
    ['plain text', { 'Content-Type': 'text/plain' }, '{"token":"a.b.c"}'],
    ['a relative of JSON', { 'Content-Type': 'application/vnd.api+json' }, '{"token":"a.b.c"}'],
    ['JSON in UTF-16', { 'Content-Type': 'application/json; charset=utf-16' }, '{"token":"a.b.c"}'],
    ['JSON and more', { 'Content-Type': 'application/json, text/plain' }, '{"token":"a.b.c"}'],
    [
      'compressed JSON',
      { 'Content-Type': 'application/json', 'Content-Encoding': 'gzip' },
      gzipSync('{"token":"a.b.c"}'),
    ],
  ])('may not be %s', async (_, headers, body) => {
    for (const path of [REQUEST, VERIFY, '/auth/logout']) {
      expectProblem(await send(body, headers, path), 'unsupported_media_type');
    }
  });

  it('may say that their JSON is in UTF-8', async () => {
    const headers = { 'Content-Type': 'application/json; charset=utf-8' };
    expectProblem(await send('{"token":"a.b.c"}', headers), 'link_invalid');
  });

  it('may be up to 16 KiB long', async () => {
    const ofLength = (bytes: number): string => `{"token":"${'a'.repeat(bytes - 12)}"}`;
    expectProblem(await send(ofLength(16 * 1024)), 'link_invalid');
    expectProblem(await send(ofLength(16 * 1024 + 1)), 'too_large');
    expectProblem(await send(ofLength(1024 * 1024)), 'too_large');
  });

  it('may not grow beyond that without having said so', async () => {
    const response = await fetch(`${service.url}${VERIFY}`, {
      method: 'POST',
      headers: { 'Content-Type': 'application/json' },
      body: new Blob([`{"token":"${'a'.repeat(20_000)}"}`]).stream(),
      // Of fetch, for bodies of unknown length.
      duplex: 'half',
    });
    expect([response.status, await response.json()]).toMatchObject([413, { code: 'too_large' }]);
  });

  it.each([
    ['nothing', '', 'token'],
    ['a list', '[]', 'body'],
    ['null', 'null', undefined],
    ['a text', '"a.b.c"', undefined],
    ['cut off', '{"token":"canary', undefined],
    ['not JSON', "{token:'canary'}", undefined],
    ['two documents', '{"token":"a"}{}', undefined],
    ['a member twice', '{"token":"a","token":"b"}', 'body'],
    ['a member twice, once escaped', '{"token":"a","\\u0074oken":"b"}', 'body'],
    ['a prototype', '{"token":"a","__proto__":{"x":1}}', 'body'],
    ['a constructor', '{"token":"a","constructor":{"prototype":{}}}', 'body'],
    ['what every object has', '{"token":"a","toString":"b"}', 'toString'],
    ['NUL', '{"token":"a\\u0000"}', 'body'],
    ['half a surrogate pair', '{"token":"a\\ud800"}', 'body'],
    ['bytes that are not UTF-8', Buffer.from('{"token":"\xff"}', 'latin1'), 'body'],
    ['21 levels', `{"token":${'['.repeat(20)}${']'.repeat(20)}}`, 'body'],
    ['5,000 levels', `{"token":${'['.repeat(5_000)}${']'.repeat(5_000)}}`, 'body'],
  ])('may not be or hold %s', async (_, body, field) => {
    const response = await send(body);
    expectProblem(response, 'invalid_request', field === undefined ? undefined : [field]);
    expect(response.text).not.toContain('canary');
    expect(service.logger.lines.join('\n')).not.toContain('canary');
  });

  it('may be 20 levels deep, and are then looked at', async () => {
    const response = await send(`{"token":${'['.repeat(19)}${']'.repeat(19)}}`);
    expectProblem(response, 'invalid_request', ['token']);
  });

  it('may accompany a DELETE or not', async () => {
    const { headers } = await service.signIn('body@example.com');
    expect((await service.http.delete('/auth/sessions').set(headers)).status).toBe(200);
    const withBody = await service.http
      .delete('/auth/sessions')
      .set(headers)
      .send({ any: 'thing' });
    expect(withBody.status).toBe(200);
  });
});

describe('request ids', () => {
  it.each(['abcdefgh', 'My_Request-1', 'a'.repeat(64)])('are the own one: %s', async (id) => {
    const { headers } = await service.http.get('/auth/session').set('X-Request-Id', id);
    expect(headers['x-request-id']).toBe(id);
    expect(service.logger.lines.filter((line) => line.includes(id)).length).toBeGreaterThan(0);
  });

  it.each(['short', 'a'.repeat(65), 'with a blank', 'semi;colon', 'é'.repeat(8)])(
    'replace one of a wrong form: %s',
    async (id) => {
      const { headers } = await service.http.get('/auth/session').set('X-Request-Id', id);
      expect(headers['x-request-id']).toMatch(/^[0-9a-f-]{36}$/);
    },
  );
});

describe('headers', () => {
  it.each([
    ['get', '/auth/nothing'],
    ['get', '/health/live'],
    ['options', REQUEST],
    ['get', '/openapi.json'],
  ] as const)('stand on the answer to %s %s too', async (method, path) => {
    const response = await service.http[method](path);
    expectSecurityHeaders(response);
    // The public address is plain http.
    expect(response.headers).not.toHaveProperty('strict-transport-security');
  });
});

describe('origins', () => {
  const foreign = [
    { Origin: 'https://evil.example' },
    { Origin: 'null' },
    { Origin: '' },
    { 'Sec-Fetch-Site': 'cross-site' },
    { 'Sec-Fetch-Site': 'same-site' },
  ];

  it.each(STATE_CHANGING)('that are not allowed may not %s %s', async (method, path) => {
    const { headers } = await service.signIn('origin@example.com');
    const bodies = { [REQUEST]: { email: 'origin@example.com' }, [VERIFY]: { token: 'a.b.c' } };
    for (const origin of foreign) {
      for (const credentials of [{}, headers, { Authorization: 'Bearer x' }]) {
        const response = await service.http[method](path)
          .set({ ...credentials, ...origin })
          .send(bodies[path as keyof typeof bodies]);
        expectProblem(response, 'origin_forbidden');
      }
    }
    expect((await service.http.get('/auth/session').set(headers)).status).toBe(200);
  });

  it('that are allowed may sign in, and read the answers', async () => {
    const { token } = await service.requestLink('allowed@example.com');
    const response = await service.verify(token, { headers: { Origin: TEST_PUBLIC_URL } });
    expect(response.status).toBe(200);
    expect(response.headers).toMatchObject({
      'access-control-allow-origin': TEST_PUBLIC_URL,
      'access-control-allow-credentials': 'true',
      'access-control-expose-headers': 'X-Request-Id, Retry-After',
      vary: 'Origin',
    });
  });

  it('that are allowed read refusals too', async () => {
    const response = await service.http.get('/auth/session').set('Origin', TEST_PUBLIC_URL);
    expectProblem(response, 'session_missing');
    expect(response.headers['access-control-allow-origin']).toBe(TEST_PUBLIC_URL);
  });

  it.each(STATE_CHANGING)(
    'that are allowed are told so before they %s %s',
    async (method, path) => {
      const preflight = {
        'Access-Control-Request-Method': method.toUpperCase(),
        'Access-Control-Request-Headers': 'authorization,content-type',
      };
      const allowed = await service.http
        .options(path)
        .set({ ...preflight, Origin: TEST_PUBLIC_URL });
      expect(allowed.status).toBe(204);
      expect(allowed.headers).toMatchObject({
        'access-control-allow-origin': TEST_PUBLIC_URL,
        'access-control-allow-methods': expect.stringContaining(method.toUpperCase()),
        'access-control-allow-headers': expect.stringMatching(
          /Authorization.*Content-Type.*X-Device-Fingerprint/,
        ),
      });
      const refused = await service.http
        .options(path)
        .set({ ...preflight, Origin: 'https://evil.example' });
      expect(refused.headers).not.toHaveProperty('access-control-allow-origin');
    },
  );
});

describe('client addresses', () => {
  const addressSeen = async (
    from: TestService,
    headers: Record<string, string>,
  ): Promise<unknown> => {
    const { body } = await from.http.post(REQUEST).set(headers).send({ email: 'ip@example.com' });
    const rows = await service.sql<{ address: string }>(
      'SELECT host(ip_address) AS address FROM magic_links WHERE id = $1',
      [body.magic_link_id],
    );
    return rows[0]?.address;
  };

  it.each([
    ['the hop before the proxy', '192.0.2.1', '192.0.2.1'],
    ['the last hop that is not ours', '203.0.113.9, 192.0.2.1, 127.0.0.1', '192.0.2.1'],
    ['an IPv4 address however it is written', '::ffff:192.0.2.1', '192.0.2.1'],
    ['an IPv6 address in its short form', '2001:0DB8:0:0:0:0:0:1', '2001:db8::1'],
    ['the proxy itself, where the hop is no address', '192.0.2.1, unknown', '127.0.0.1'],
    ['the proxy itself, where the hop has a port', '192.0.2.1:443', '127.0.0.1'],
    ['the proxy itself, where there is nothing', '', '127.0.0.1'],
  ])('behind a trusted proxy are %s', async (_, forwardedFor, address) => {
    expect(await addressSeen(service, { 'X-Forwarded-For': forwardedFor })).toBe(address);
  });

  it('are never taken from other headers', async () => {
    const headers = {
      'X-Real-IP': '192.0.2.1',
      'CF-Connecting-IP': '192.0.2.2',
      'True-Client-IP': '192.0.2.3',
      Forwarded: 'for=192.0.2.4',
      'X-Client-IP': '192.0.2.5',
    };
    expect(await addressSeen(service, headers)).toBe('127.0.0.1');
  });

  it('are those of the connection where no proxy is trusted', async () => {
    const exposed = await startBeside(service);
    try {
      const headers = { 'X-Forwarded-For': '192.0.2.1' };
      expect(await addressSeen(exposed, headers)).toBe('127.0.0.1');
    } finally {
      await exposed.stop();
    }
  });
});

describe('while the database is away', () => {
  it('every route answers unavailable, and goes on where it was afterwards', async () => {
    const { headers } = await service.signIn('away@example.com');
    const { token } = await service.requestLink('away@example.com');
    await proxy.close();
    try {
      const answers = [
        await service.http.post(REQUEST).send({ email: 'away@example.com' }),
        await service.verify(token),
        await service.verify('a.b.c'),
        await service.http.get('/auth/session').set(headers),
        await service.http.get('/auth/sessions').set(headers),
        await service.http.delete(`/auth/sessions/${UNKNOWN_ID}`).set(headers),
        await service.http.delete('/auth/sessions').set(headers),
        await service.http.post('/auth/logout').set(headers),
        await service.http.get('/auth/events').set(headers),
      ];
      for (const answer of answers) expectProblem(answer, 'unavailable');
    } finally {
      proxy = await TcpProxy.open(database.appUrl, proxy.port);
    }

    expect((await service.http.get('/auth/session').set(headers)).status).toBe(200);
    expect((await service.verify(token)).status).toBe(200);
  });
});
