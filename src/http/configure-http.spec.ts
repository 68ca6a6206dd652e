import { gzipSync } from 'node:zlib';

import {
  All,
  Body,
  Controller,
  Delete,
  Get,
  Head,
  HttpCode,
  Param,
  Post,
  UseGuards,
} from '@nestjs/common';
import type { NestExpressApplication } from '@nestjs/platform-express';
import { DocumentBuilder, SwaggerModule } from '@nestjs/swagger';
import { Test } from '@nestjs/testing';
import request from 'supertest';

import { RateLimitError, SessionError } from '../common/errors';
import { BodyGuard } from './body/body.guard';
import { configureAuthHttp } from './configure-http';

const CANARY = 'canary-c0ffee';
const ALLOWED = 'https://app.example.com';

@Controller('auth')
@UseGuards(BodyGuard)
class AuthController {
  @Post('echo')
  @HttpCode(200)
  echo(@Body() body: unknown) {
    return { body: body ?? null };
  }

  @Get('things')
  list() {
    return { things: [] };
  }

  @Delete('things')
  clear() {
    return { cleared: true };
  }

  @Delete('things/:id')
  remove(@Param('id') id: string) {
    return { id };
  }

  @Get('limited')
  limited() {
    throw new RateLimitError(7);
  }

  @Get('missing')
  missing() {
    throw new SessionError('session_missing', 'Sign in first.');
  }

  @Get('broken/:id')
  broken(@Param('id') id: string) {
    throw Object.assign(new Error(`INSERT INTO t VALUES ('${id}')`), { code: '23505' });
  }

  @All('any')
  any() {
    return { any: true };
  }

  @Head('only-head')
  onlyHead() {
    return undefined;
  }
}

describe('configureAuthHttp', () => {
  let app: NestExpressApplication;
  let lines: string[];
  const server = () => request(app.getHttpServer());

  const start = async (publicUrl: string) => {
    const module = await Test.createTestingModule({ controllers: [AuthController] }).compile();
    const write = (...parts: unknown[]) => void lines.push(JSON.stringify(parts));
    const created = module.createNestApplication<NestExpressApplication>({
      bodyParser: false,
      logger: { log: write, warn: write, error: write, debug: write, verbose: write, fatal: write },
    });
    configureAuthHttp(created, { publicUrl, allowedOrigins: [ALLOWED], docsPath: '/docs' });
    SwaggerModule.setup('docs', created, () =>
      SwaggerModule.createDocument(created, new DocumentBuilder().build()),
    );
    return created.listen(0, '127.0.0.1').then(() => created);
  };

  beforeAll(async () => {
    lines = [];
    app = await start('https://auth.example.com');
  });
  beforeEach(() => (lines.length = 0));
  afterEach(() => expect(lines.join('\n')).not.toContain(CANARY));
  afterAll(() => app.close());

  const post = (body: string | Buffer, type = 'application/json') =>
    server()
      .post('/auth/echo')
      .set('Content-Type', type)
      .serialize((sent: unknown) => sent as string)
      .send(body as string);
  const expectProblem = (answer: request.Response, status: number, code: string) => {
    expect(answer.status).toBe(status);
    expect(answer.headers['content-type']).toMatch(/^application\/problem\+json/);
    expect(answer.headers['cache-control']).toBe('no-store');
    expect(answer.headers['x-content-type-options']).toBe('nosniff');
    expect(answer.headers['referrer-policy']).toBe('no-referrer');
    expect(answer.headers['x-request-id']).toMatch(/^[A-Za-z0-9_-]{8,64}$/);
    expect(answer.body).toMatchObject({ status, code, type: `urn:mira-auth:problem:${code}` });
    expect(JSON.stringify(answer.body) + JSON.stringify(answer.headers)).not.toContain(CANARY);
  };

  describe('bodies', () => {
    it.each([
      'application/json',
      'application/json; charset=utf-8',
      'Application/JSON;charset="UTF-8"',
    ])('takes JSON sent as %s', async (type) => {
      const answer = await post('{"name":"Zoë 😀"}', type);
      expect(answer.status).toBe(200);
      expect(answer.body).toEqual({ body: { name: 'Zoë 😀' } });
    });

    it('takes a request without a body', async () => {
      expect((await server().post('/auth/echo')).body).toEqual({ body: null });
    });

    it.each([
      ['cut short', `{"token":"${CANARY}"`],
      ['with text around it', `${CANARY} {}`],
      ['with a primitive at the top', `"${CANARY}"`],
      ['null', 'null'],
      ['with a trailing comma', `{"${CANARY}":1,}`],
      ['in two documents', `{}{"${CANARY}":1}`],
    ])('refuses JSON %s', async (_, body) => {
      expectProblem(await post(body), 400, 'invalid_request');
      expect(lines).toHaveLength(1);
    });

    it.each([
      ['a member twice', `{"a":"${CANARY}","a":2}`, 'must not name a member twice'],
      ['a member twice by escape', `{"a":"${CANARY}","\\u0061":2}`, 'must not name a member twice'],
      ['__proto__', `{"__proto__":{"a":"${CANARY}"}}`, 'must not have members with that name'],
      ['constructor', `{"a":{"constructor":"${CANARY}"}}`, 'must not have members with that name'],
      ['21 levels', '['.repeat(21) + ']'.repeat(21), 'must not be nested deeper than 20 levels'],
      [
        '5,000 levels',
        '['.repeat(5_000) + ']'.repeat(5_000),
        'must not be nested deeper than 20 levels',
      ],
      ['5,000 open levels', '{"a":'.repeat(3_000), 'must not be nested deeper than 20 levels'],
      ['NUL', `{"a":"${CANARY}\\u0000"}`, 'must not contain NUL or unpaired surrogates'],
      ['a lone surrogate', '{"a":["\\ud800"]}', 'must not contain NUL or unpaired surrogates'],
      [
        'a lone surrogate as a name',
        '{"\\udc00":1}',
        'must not contain NUL or unpaired surrogates',
      ],
    ])('refuses JSON with %s', async (_, body, message) => {
      const answer = await post(body);
      expectProblem(answer, 400, 'invalid_request');
      expect(answer.body.errors).toEqual([{ field: 'body', message }]);
    });

    it('takes 20 levels', async () => {
      expect((await post('['.repeat(20) + ']'.repeat(20))).status).toBe(200);
    });

    it('refuses bytes that are not UTF-8 instead of replacing them', async () => {
      const answer = await post(Buffer.from([0x7b, 0x22, 0xff, 0x22, 0x3a, 0x31, 0x7d]));
      expectProblem(answer, 400, 'invalid_request');
    });

    it.each([
      ['a form', 'application/x-www-form-urlencoded'],
      ['text', 'text/plain'],
      ['multipart', 'multipart/form-data; boundary=x'],
      ['another JSON', 'application/problem+json'],
      ['UTF-16', 'application/json; charset=utf-16'],
      ['Latin-1', 'application/json; charset=iso-8859-1'],
      ['a charset that nobody knows', `application/json; charset=${CANARY}`],
      ['a list of types', 'application/json, text/plain'],
      ['a longer name', 'application/jsonp'],
      ['no type', ''],
    ])('refuses a body that is sent as %s', async (_, type) => {
      expectProblem(await post(`{"a":"${CANARY}"}`, type), 415, 'unsupported_media_type');
    });

    it.each(['gzip', 'deflate', 'br', 'zstd', CANARY])('refuses %s encoding', async (encoding) => {
      const answer = await post(gzipSync(Buffer.alloc(1_000_000))).set(
        'Content-Encoding',
        encoding,
      );
      expectProblem(answer, 415, 'unsupported_media_type');
    });

    const ofLength = (length: number) => `{"a":"${'x'.repeat(length - 8)}"}`;

    it('takes 16 KiB and refuses a byte more', async () => {
      expect((await post(ofLength(16_384))).status).toBe(200);
      expectProblem(await post(ofLength(16_385)), 413, 'too_large');
    });

    it('refuses more than 16 KiB in chunks whose sum nobody announced', async () => {
      const sending = server().post('/auth/echo').set('Content-Type', 'application/json');
      void sending.set('Transfer-Encoding', 'chunked');
      void sending.write(ofLength(10_000));
      void sending.write(ofLength(10_000));
      expectProblem(await sending, 413, 'too_large');
    });

    it('still serves others while and after it is fed a deep body', async () => {
      const deep = '['.repeat(8_000);
      const answers = await Promise.all(Array.from({ length: 20 }, () => post(deep)));
      expect(new Set(answers.map((answer) => answer.status))).toEqual(new Set([400]));
      expect((await server().get('/auth/things')).status).toBe(200);
    });
  });

  describe('methods and paths', () => {
    it.each([
      ['GET', '/auth/echo', 'POST, OPTIONS'],
      ['HEAD', '/auth/echo', 'POST, OPTIONS'],
      ['PUT', '/auth/things', 'GET, HEAD, DELETE, OPTIONS'],
      ['PATCH', '/auth/things/7', 'DELETE, OPTIONS'],
      ['TRACE', '/auth/things', 'GET, HEAD, DELETE, OPTIONS'],
      ['PROPFIND', '/auth/things', 'GET, HEAD, DELETE, OPTIONS'],
      ['POST', '/AUTH/Things/', 'GET, HEAD, DELETE, OPTIONS'],
      ['GET', '/auth/only-head', 'HEAD, OPTIONS'],
    ])('answers %s %s with 405 and Allow: %s', async (method, path, allow) => {
      const answer = await server()[method.toLowerCase() as 'get'](path);
      expect(answer.status).toBe(405);
      expect(answer.headers['allow']).toBe(allow);
      expect(answer.headers['cache-control']).toBe('no-store');
      if (method !== 'HEAD') expectProblem(answer, 405, 'method_not_allowed');
    });

    it('answers a wrong method before it looks at the body', async () => {
      const answer = await server().put('/auth/things').type('text/plain').send(CANARY);
      expectProblem(answer, 405, 'method_not_allowed');
    });

    it('ignores headers and fields that would change the method', async () => {
      const answer = await server()
        .post('/auth/things?_method=DELETE')
        .set('X-HTTP-Method-Override', 'DELETE')
        .set('X-HTTP-Method', 'DELETE')
        .set('X-Method-Override', 'DELETE')
        .send({ _method: 'DELETE' });
      expectProblem(answer, 405, 'method_not_allowed');
    });

    it('answers HEAD where GET is, and any method where a route takes any', async () => {
      expect((await server().head('/auth/things')).status).toBe(200);
      expect((await server().patch('/auth/any')).body).toEqual({ any: true });
    });

    it('answers OPTIONS without a preflight with the methods of the route', async () => {
      const answer = await server().options('/auth/things');
      expect(answer.status).toBe(204);
      expect(answer.headers['allow']).toBe('GET, HEAD, DELETE, OPTIONS');
    });

    it.each([
      '/',
      '/auth',
      '/auth/nothing',
      '//auth/things',
      '/auth//things',
      '/AUTH//things',
      '/auth/%74hings',
      '/auth/%2e/things',
      '/x/..%2fauth/things',
      `/auth/${CANARY}?token=${CANARY}`,
    ])('knows no %s', async (path) => {
      expectProblem(await server().get(path), 404, 'not_found');
      expectProblem(await server().post(path).send({}), 404, 'not_found');
      expect((await server().options(path)).status).toBe(404);
    });

    it('refuses a parameter that does not decode', async () => {
      expectProblem(await server().delete('/auth/things/%ff'), 400, 'invalid_request');
    });

    it('takes a path in another case or with a trailing slash for the same route', async () => {
      expect((await server().get('/Auth/THINGS/')).body).toEqual({ things: [] });
      expectProblem(
        await server().post('/AUTH/Echo/').send({ a: '\u0000' }),
        400,
        'invalid_request',
      );
    });

    it('refuses a query with NUL in it', async () => {
      expectProblem(await server().get('/auth/things?cursor=%00'), 400, 'invalid_request');
    });
  });

  describe('errors', () => {
    it('gives Retry-After and retry_after alike', async () => {
      const answer = await server().get('/auth/limited');
      expectProblem(answer, 429, 'rate_limited');
      expect(answer.headers['retry-after']).toBe('7');
      expect(answer.body.retry_after).toBe(7);
    });

    it('challenges for a bearer token', async () => {
      const answer = await server().get('/auth/missing');
      expectProblem(answer, 401, 'session_missing');
      expect(answer.headers['www-authenticate']).toBe('Bearer realm="mira-auth"');
    });

    it('logs one line about a failure, with frames and without its message', async () => {
      const answer = await server()
        .get(`/auth/broken/${CANARY}`)
        .set('X-Request-Id', 'request-0001');
      expectProblem(answer, 500, 'internal');
      expect(lines).toHaveLength(1);
      const [message, entry] = JSON.parse(lines[0]!);
      expect(message).toBe('Request failed');
      expect(entry).toMatchObject({
        request_id: 'request-0001',
        method: 'GET',
        route: '/auth/broken/:id',
        status: 500,
        code: 'internal',
        error: 'Error',
        error_code: '23505',
      });
      expect(entry.stack[0]).toContain('AuthController.broken');
    });
  });

  describe('request ids', () => {
    it.each(['abcdefgh', 'A_-9'.repeat(16)])('keeps the client’s own %s', async (id) => {
      const answer = await server().get('/auth/things').set('X-Request-Id', id);
      expect(answer.headers['x-request-id']).toBe(id);
    });

    it.each([
      'short',
      'x'.repeat(65),
      'with blank',
      'semi;colon',
      'abcdefgh, abcdefgh',
      '<script>1',
    ])('replaces %j', async (id) => {
      const answer = await server().get('/auth/nothing').set('X-Request-Id', id);
      expect(answer.headers['x-request-id']).toMatch(/^[0-9a-f-]{36}$/);
      expect(lines.join()).toContain(answer.headers['x-request-id']);
    });

    it('makes a new one for each request', async () => {
      const ids = await Promise.all([1, 2, 3].map(() => server().get('/auth/things')));
      expect(new Set(ids.map((answer) => answer.headers['x-request-id'])).size).toBe(3);
    });
  });

  describe('headers', () => {
    it('sends the security headers with every answer', async () => {
      for (const path of ['/auth/things', '/auth/nothing', '/']) {
        const { headers } = await server().get(path);
        expect(headers).toMatchObject({
          'cache-control': 'no-store',
          'content-security-policy':
            "default-src 'none';base-uri 'none';form-action 'none';frame-ancestors 'none'",
          'cross-origin-opener-policy': 'same-origin',
          'cross-origin-resource-policy': 'same-origin',
          'referrer-policy': 'no-referrer',
          'strict-transport-security': 'max-age=31536000; includeSubDomains',
          'x-content-type-options': 'nosniff',
          'x-frame-options': 'DENY',
        });
        expect(headers).not.toHaveProperty('x-powered-by');
        expect(headers).not.toHaveProperty('etag');
      }
    });

    it('sends no HSTS where the public URL is plain http', async () => {
      const plain = await start('http://localhost:3000');
      const { headers } = await request(plain.getHttpServer()).get('/auth/things');
      expect(headers).not.toHaveProperty('strict-transport-security');
      await plain.close();
    });

    it('lets the page of the documentation load its own files, and no other page', async () => {
      const page = await server().get('/docs');
      expect(page.status).toBe(200);
      expect(page.headers['content-security-policy']).toContain("script-src 'self';");
      expect(page.text).not.toMatch(/<script(?![^>]* src=)/);
      const files = [...page.text.matchAll(/(?:src|href)="\.(\/docs\/[^"]+)"/g)];
      expect(files.length).toBeGreaterThan(3);
      for (const [, file = ''] of files) expect((await server().get(file)).status).toBe(200);

      const other = await server().get('/docsx');
      expect(other.headers['content-security-policy']).not.toContain('script-src');
    });
  });

  describe('CORS', () => {
    const preflight = (origin: string, path = '/auth/things/7') =>
      server()
        .options(path)
        .set('Origin', origin)
        .set('Access-Control-Request-Method', 'DELETE')
        .set('Access-Control-Request-Headers', 'authorization');

    it('answers the preflight of an allowed origin', async () => {
      const answer = await preflight(ALLOWED);
      expect(answer.status).toBe(204);
      expect(answer.headers).toMatchObject({
        'access-control-allow-origin': ALLOWED,
        'access-control-allow-credentials': 'true',
        'access-control-allow-methods': 'GET, HEAD, POST, DELETE',
        'access-control-allow-headers':
          'Authorization, Content-Type, X-Device-Fingerprint, X-Request-Id, X-Session-Id',
        'access-control-max-age': '600',
        vary: 'Origin',
      });
    });

    it('lets an allowed origin read answers and errors', async () => {
      for (const path of ['/auth/things', '/auth/limited', '/auth/nothing']) {
        const { headers } = await server().get(path).set('Origin', ALLOWED);
        expect(headers).toMatchObject({
          'access-control-allow-origin': ALLOWED,
          'access-control-allow-credentials': 'true',
          'access-control-expose-headers': 'X-Request-Id, Retry-After',
          vary: 'Origin',
        });
      }
    });

    it.each(['https://attacker.test', 'null', `${ALLOWED}.attacker.test`, `${ALLOWED}:443`])(
      'sends %s no CORS header, and no error for asking',
      async (origin) => {
        for (const answer of [
          await preflight(origin),
          await server().get('/auth/things').set('Origin', origin),
        ]) {
          expect(answer.status).toBeLessThan(300);
          expect(answer.headers['vary']).toBe('Origin');
          expect(Object.keys(answer.headers).join()).not.toContain('access-control');
        }
      },
    );
  });

  it('refuses to be called when routes are there already', async () => {
    expect(() =>
      configureAuthHttp(app, { publicUrl: 'http://localhost', allowedOrigins: [] }),
    ).toThrow('before any route');
  });
});
