import { once } from 'node:events';
import type { Socket } from 'node:net';
import { gzipSync } from 'node:zlib';

import type { Response } from 'supertest';

import { AttackWatch } from '../support/attacks/attack-watch';
import { exchange, openSocket } from '../support/http/raw-http';
import { expectProblem } from '../support/problem';
import { requestLinks } from '../support/sign-in/link-tokens';
import { sessionOf, type SignedIn } from '../support/sign-in/sign-in-flow';
import { startBeside, startTestService, type TestService } from '../support/test-service';

const REQUEST = '/auth/magic-link/request';
const LIMIT = 3;

const watch = new AttackWatch();
let service: TestService;
/** On the same database, with a limit on requests from one network. */
let limited: TestService;
let session: SignedIn;

beforeAll(async () => {
  service = await startTestService();
  limited = await startBeside(service, {
    options: { magicLink: { networkLimit: { limit: LIMIT, windowSeconds: 900 } } },
  });
  watch.watch(service);
  watch.watchLogs(limited);
  const [link] = await requestLinks(service, [{ email: 'ada@example.com' }]);
  session = sessionOf(await service.verify(link!.token));
});

afterAll(async () => {
  await limited.stop();
  await service.stop();
});

/** Each route with the methods that it takes. */
const ROUTES = [
  [REQUEST, ['POST']],
  ['/auth/magic-link/verify', ['POST']],
  ['/auth/magic-link/verify-code', ['POST']],
  ['/auth/magic-link/inspect', ['POST']],
  ['/auth/magic-link/report', ['POST']],
  ['/auth/session', ['GET', 'HEAD']],
  ['/auth/sessions', ['GET', 'HEAD', 'DELETE']],
  ['/auth/sessions/00000000-0000-4000-8000-000000000000', ['DELETE']],
  ['/auth/logout', ['POST']],
  ['/auth/events', ['GET', 'HEAD']],
  ['/health/live', ['GET', 'HEAD']],
] as const;

const countLinks = async (): Promise<number> =>
  (await service.sql('SELECT FROM magic_links')).length;

/** Sends a body that no client would, with whatever headers. */
const post = async (
  body: string | Buffer,
  headers: Record<string, string> = {},
): Promise<Response> => {
  const response = await service.http
    .post(REQUEST)
    .set({ 'Content-Type': 'application/json', ...headers })
    .serialize((raw: unknown) => raw as string)
    .send(body);
  watch.expectHandled(response);
  return response;
};

const rawPost = (headers: readonly string[], body: string): string =>
  [
    `POST ${REQUEST} HTTP/1.1`,
    'Host: localhost',
    'Content-Type: application/json',
    ...headers,
    '',
    body,
  ].join('\r\n');

const GOOD_BODY = JSON.stringify({ email: 'ada@example.com' });

describe('a method', () => {
  it('P1 that a route does not take is refused, with those that it takes', async () => {
    for (const [path, allowed] of ROUTES) {
      for (const method of ['GET', 'POST', 'PUT', 'PATCH', 'DELETE', 'PROPFIND', 'SEARCH']) {
        if (allowed.some((name) => name === method)) continue;
        const [answer] = await exchange(
          service.url,
          `${method} ${path} HTTP/1.1\r\nHost: localhost\r\nContent-Length: 0\r\nConnection: close\r\n\r\n`,
        );
        expect([method, path, answer?.status]).toEqual([method, path, 405]);
        expect(JSON.parse(answer!.body)).toMatchObject({ code: 'method_not_allowed' });
        expect(answer!.headers['allow']?.split(', ').toSorted()).toEqual(
          [...allowed, 'OPTIONS'].toSorted(),
        );
      }
    }
    for (const method of ['TRACE', 'CONNECT']) {
      const [answer] = await exchange(
        service.url,
        `${method} /auth/session HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n`,
      );
      expect([method, answer?.status ?? 405]).toEqual([method, 405]);
    }
  });

  it('P2 cannot be put in another’s place', async () => {
    for (const headers of [
      { 'X-HTTP-Method-Override': 'DELETE' },
      { 'X-HTTP-Method': 'DELETE' },
      { 'X-Method-Override': 'DELETE' },
    ]) {
      const response = await service.http
        .post('/auth/sessions?_method=DELETE')
        .set({ ...session.headers, ...headers });
      expectProblem(response, 'method_not_allowed');
    }
    expect((await service.http.get('/auth/session').set(session.headers)).status).toBe(200);
  });
});

describe('a body', () => {
  it('P3 that is not JSON in UTF-8 is refused', async () => {
    const before = await countLinks();
    for (const type of [
      'application/x-www-form-urlencoded',
      'multipart/form-data; boundary=x',
      'text/plain',
      'text/json',
      'application/json5',
      'application/jsonp',
      'application/vnd.api+json',
      'application/json, text/plain',
      'application/json; charset=utf-16',
      'application/json; charset=utf-7',
      'application/json; charset=iso-8859-1',
      'application/json; charset="utf-8" ; x=y',
      '',
    ]) {
      const response = await post(GOOD_BODY, { 'Content-Type': type });
      expect([type, response.body.code]).toEqual([type, 'unsupported_media_type']);
      expectProblem(response, 'unsupported_media_type');
    }
    for (const encoding of ['utf16le', 'latin1'] as const) {
      expectProblem(
        await post(Buffer.from('{"email":"adä@example.com"}', encoding)),
        'invalid_request',
      );
    }
    expect(await countLinks()).toBe(before);
  });

  it('P4 that is too large or compressed is refused, unread', async () => {
    const large = JSON.stringify({ email: 'ada@example.com', padding: 'x'.repeat(16 * 1_024) });
    expectProblem(await post(large), 'too_large');
    expectProblem(await post('x'.repeat(2 * 1_024 * 1_024)), 'too_large');
    const bomb = gzipSync(Buffer.alloc(64 * 1_024 * 1_024, ' '));
    expectProblem(await post(bomb, { 'Content-Encoding': 'gzip' }), 'too_large');
    for (const encoding of ['gzip', 'deflate', 'br', 'identity, gzip']) {
      const response = await post(gzipSync(GOOD_BODY), { 'Content-Encoding': encoding });
      expectProblem(response, 'unsupported_media_type');
    }
    const [chunked] = await exchange(
      service.url,
      rawPost(
        ['Transfer-Encoding: chunked', 'Connection: close'],
        `4000\r\n${'x'.repeat(0x4000)}\r\n`.repeat(2) + '0\r\n\r\n',
      ),
    );
    expect(chunked?.status).toBe(413);
  });

  it('P5 that names a member twice is refused', async () => {
    for (const body of [
      '{"email":"ada@example.com","email":"eve@example.net"}',
      '{"email":"ada@example.com","\\u0065mail":"eve@example.net"}',
      '{"email" :"ada@example.com", "email"\t: "ada@example.com"}',
    ]) {
      expectProblem(await post(body), 'invalid_request');
    }
  });

  it('P6 with unknown fields is refused, without repeating their values', async () => {
    const canary = watch.canary();
    for (const body of [
      { email: 'ada@example.com', [canary]: 1 },
      { email: 'ada@example.com', user_id: canary },
      { email: 'ada@example.com', is_admin: true },
      { email: 'ada@example.com', toString: canary },
      { email: 'ada@example.com', EMAIL: canary },
    ]) {
      expectProblem(await post(JSON.stringify(body)), 'invalid_request');
    }

    for (const body of ['null', '[]', '"text"', '1', '[{"email":"ada@example.com"}]', '{}', ' ']) {
      expectProblem(await post(body), 'invalid_request');
    }
  });

  it('P7 that reaches for a prototype is refused, and pollutes nothing', async () => {
    for (const body of [
      '{"email":"ada@example.com","__proto__":{"polluted":true}}',
      '{"__proto__":{"email":"ada@example.com"}}',
      '{"email":"ada@example.com","constructor":{"prototype":{"polluted":true}}}',
      '{"email":"ada@example.com","\\u005f_proto__":{"polluted":true}}',
      '{"email":{"__proto__":{"polluted":true}}}',
    ]) {
      expectProblem(await post(body), 'invalid_request');
    }

    expect({}).not.toHaveProperty('polluted');
  });

  it('P8 that is nested 5,000 levels deep is refused', async () => {
    for (const body of [
      '['.repeat(5_000) + ']'.repeat(5_000),
      `${'{"a":'.repeat(2_500)}1${'}'.repeat(2_500)}`,
      `{"email":${'['.repeat(5_000)}${']'.repeat(5_000)}}`,
      '['.repeat(16_000),
    ]) {
      expectProblem(await post(body), 'invalid_request');
    }

    const query = `?limit${'[a]'.repeat(2_000)}=1`;
    const response = await service.http.get(`/auth/events${query}`).set(session.headers);
    watch.expectHandled(response);
    expectProblem(response, 'invalid_request');
  });

  it('P9 with NUL or half a surrogate pair in any text is refused', async () => {
    for (const text of ['\\u0000', '\\ud800', '\\udc00', '\\ud800\\ud800', 'a\\u0000b']) {
      expectProblem(await post(`{"email":"${text}@example.com"}`), 'invalid_request');
      expectProblem(await post(`{"email":"ada@example.com","${text}":1}`), 'invalid_request');
      const named = await service.http
        .post('/auth/magic-link/verify')
        .set('Content-Type', 'application/json')
        .send(`{"token":"a.b.c","device_name":"${text}"}`);
      expectProblem(named, 'invalid_request');
    }
  });

  it('P10 that is malformed is not repeated, neither in the answer nor in a log', async () => {
    // Short, because parsers show no more than a few characters around the place.
    const canary = watch.canary().slice(0, 15);
    watch.keep(canary);
    for (const body of [
      canary,
      `{"email":"${canary}`,
      `{"email":"${canary}"`,
      canary,
      `{'email':'${canary}'}`,
      `{"email":"ada@example.com"}${canary}`,
      `{"email":"ada@example.com",}${canary}`,
      `\ufeff{"email":"${canary}"}`,
    ]) {
      expectProblem(await post(body), 'invalid_request');
    }
  });
});

describe('a path', () => {
  it('P11 in another spelling meets the same guards', async () => {
    for (const path of [
      '/AUTH/SESSION',
      '/auth/session/',
      '//auth/session',
      '/auth//session',
      '/auth/./session',
      '/auth/../auth/session',
      '/auth/%73ession',
      '/auth%2fsession',
      '/%61uth/session',
      '/auth/session%00',
      '/auth/session;x=y',
      '/auth/session%20',
      '/auth/session.json',
      '\\auth\\session',
      '/auth/%c0%ae%c0%ae/session',
      '/auth/%',
      'http://attacker.example.net/auth/session',
    ]) {
      const [answer] = await exchange(
        service.url,
        `GET ${path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n`,
      );
      expect([path, [400, 401, 404].includes(answer?.status ?? 0)]).toEqual([path, true]);
      expect(answer!.headers).toMatchObject({
        'cache-control': 'no-store',
        'content-type': expect.stringMatching(/^application\/problem\+json/),
      });
      expect(answer!.body).not.toContain('attacker');
    }
  });

  it('P11 in another spelling meets the same limits', async () => {
    const statuses = [];
    for (const [index, path] of [
      REQUEST,
      REQUEST.toUpperCase(),
      `${REQUEST}/`,
      '/auth/magic-link/%72equest',
      `${REQUEST}?x=y`,
      REQUEST,
    ].entries()) {
      const { status } = await limited.http
        .post(path)
        .send({ email: `spelling-${index.toString()}@example.com` });
      statuses.push(status);
    }
    expect(statuses.filter((status) => status === 200)).toHaveLength(LIMIT);
    expect(statuses.every((status) => [200, 404, 429].includes(status))).toBe(true);
    expect(statuses.at(-1)).toBe(429);
  });
});

describe('a connection', () => {
  it('P12 whose requests could be smuggled through a proxy is refused', async () => {
    const before = await countLinks();
    const smuggled = `POST ${REQUEST} HTTP/1.1\r\nHost: localhost\r\nX: y`;
    const length = `Content-Length: ${GOOD_BODY.length.toString()}`;
    const chunk = `${GOOD_BODY.length.toString(16)}\r\n${GOOD_BODY}\r\n0\r\n\r\n`;
    for (const request of [
      rawPost([length, 'Transfer-Encoding: chunked'], `0\r\n\r\n${smuggled}`),
      rawPost(['Transfer-Encoding: chunked', length], `0\r\n\r\n${smuggled}`),
      rawPost([length, 'Content-Length: 5'], GOOD_BODY),
      rawPost(['Content-Length: 5, 5'], GOOD_BODY),
      rawPost(['Content-Length: +27'], GOOD_BODY),
      rawPost(['Content-Length: 0x1b'], GOOD_BODY),
      rawPost(['Content-Length : 27'], GOOD_BODY),
      rawPost(['Transfer-Encoding: xchunked'], chunk),
      rawPost(['Transfer-Encoding: chunked, identity'], chunk),
      rawPost(['Transfer-Encoding: chunked', 'Transfer-Encoding: identity'], chunk),
      rawPost(['Transfer-Encoding : chunked'], chunk),
      rawPost(['Transfer-Encoding: chunked'], `1b;x=\n\r\n${GOOD_BODY}\r\n0\r\n\r\n`),
      rawPost([' folded: header', length], GOOD_BODY),
      rawPost([length], GOOD_BODY).replaceAll('\r\n', '\n'),
      rawPost([length, 'X: a\0b'], GOOD_BODY),
      `GET /auth/session HTTP/1.1\r\nConnection: close\r\n\r\n`,
      `GET /auth/session HTTP/1.1\r\nHost: a\r\nHost: b\r\nConnection: close\r\n\r\n`,
      `GET /auth/session HTTP/9.9\r\nHost: localhost\r\n\r\n`,
      '\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03',
    ]) {
      const answers = await exchange(service.url, request);
      expect([request, answers.map(({ status }) => status)]).toEqual([request, [400]]);
      expect(answers[0]!.headers).toMatchObject({
        'cache-control': 'no-store',
        'content-type': expect.stringMatching(/^application\/problem\+json/),
      });
    }
    expect(await countLinks()).toBe(before);
  });

  it('P13 that is slow does not keep others out, even 500 of them', async () => {
    const slow = await Promise.all(
      Array.from({ length: 500 }, async (_, index): Promise<Socket> => {
        const socket = await openSocket(service.url);
        socket.write(index % 2 === 0 ? 'POST /auth' : rawPost(['Content-Length: 27'], '{"em'));
        return socket;
      }),
    );
    const { status } = await service.http.get('/auth/session').set(session.headers);
    expect(status).toBe(200);
    const [link] = await requestLinks(service, [{ email: 'patient@example.com' }]);
    expect((await service.verify(link!.token)).status).toBe(200);
    const server = service.app.getHttpServer() as {
      headersTimeout: number;
      requestTimeout: number;
    };
    expect(
      [server.headersTimeout, server.requestTimeout].every((most) => most > 0 && most <= 20_000),
    ).toBe(true);
    slow.forEach((socket) => socket.destroy());
    await Promise.all(
      slow.filter((socket) => !socket.closed).map((socket) => once(socket, 'close')),
    );
  });

  it('P14 with malformed credentials is not signed in, nor is anything broken', async () => {
    const good = session.headers['Authorization']!.slice('Bearer '.length);
    for (const value of [
      'Bearer',
      'Bearer ',
      `Bearer${good}`,
      `Bearer: ${good}`,
      `Bearer ${good} ${good}`,
      `Bearer ${good},Bearer ${good}`,
      `Bearer\t${good}`,
      `Basic ${Buffer.from(`ada:${good}`).toString('base64')}`,
      `Digest username="${good}"`,
      good,
      `Bearer "${good}"`,
      `Bearer ${'='.repeat(8_000)}`,
      `Bearer ${' '.repeat(8_000)}x`,
    ]) {
      const response = await service.http.get('/auth/session').set('Authorization', value);
      watch.expectHandled(response);
      expect([value.slice(0, 20), response.status]).toEqual([value.slice(0, 20), 401]);
    }
    const cookies = Array.from({ length: 50 }, (_, index) => `mira_session=${index.toString()}`);
    for (const cookie of [
      cookies.join('; '),
      'mira_session',
      'mira_session=',
      '=; ;;; mira_session="x"; =mira_session',
      `mira_session_=${good}; xmira_session=${good}; Mira_Session=${good}`,
    ]) {
      const response = await service.http.get('/auth/session').set('Cookie', cookie);
      watch.expectHandled(response);
      expect([cookie.slice(0, 20), response.status]).toEqual([cookie.slice(0, 20), 401]);
    }
  });
});

watch.defineAftermath();
