import type { Response } from 'supertest';

import { deviceCookie as deviceCookieOf } from '../support/http/client';
import { expectProblem } from '../support/problem';
import { startTestService, type TestService } from '../support/test-service';

const PAGES = ['/auth/sign-in', '/auth/link', '/auth/account', '/auth/link/report'];
const POLICY =
  "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; " +
  "base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

describe('the hosted pages', () => {
  let service: TestService;

  beforeAll(async () => {
    service = await startTestService();
  });

  afterAll(() => service.stop());

  const get = async (path: string, headers: Record<string, string> = {}): Promise<Response> =>
    service.http.get(path).set(headers);

  const cookiesOf = (response: Response): string[] =>
    (response.headers['set-cookie'] ?? []) as unknown as string[];

  const deviceCookie = async (): Promise<string> =>
    cookiesOf(await get('/auth/sign-in'))[0]?.split(';')[0] ?? '';

  describe.each(PAGES)('GET %s', (path) => {
    it('is a page under a policy that allows its own files and nothing inline', async () => {
      const response = await get(path);
      expect(response.status).toBe(200);
      expect(response.text).toMatch(/^<!doctype html>/);
      expect(response.headers).toMatchObject({
        'content-type': 'text/html; charset=utf-8',
        'content-security-policy': POLICY,
        'cache-control': 'no-store',
        'referrer-policy': 'no-referrer',
        'x-content-type-options': 'nosniff',
        'x-request-id': expect.any(String),
      });
    });

    it('needs no session, and answers in the language of the browser', async () => {
      const { text } = await get(path, { 'Accept-Language': 'de-AT,de;q=0.9,en;q=0.8' });
      expect(text).toContain('<html lang="de">');
    });

    it('repeats nothing of the request', async () => {
      const canary = 'canary"><script>alert(1)</script>';
      const query = `?redirect_to=${encodeURIComponent(canary)}&token=${encodeURIComponent(canary)}`;
      const headers = { 'User-Agent': canary, 'Accept-Language': canary, Referer: canary };
      expect((await get(`${path}${query}`, headers)).text).toBe((await get(path)).text);
    });

    it('answers HEAD alike, and nothing else', async () => {
      const head = await service.http.head(path);
      expect([head.status, head.headers['content-security-policy']]).toEqual([200, POLICY]);
      const post = await service.http.post(path).send({});
      expect([post.status, post.body.code]).toEqual([405, 'method_not_allowed']);
    });
  });

  it('lets somebody who is signed in go on to an allowed target, and to no other', async () => {
    const app = await startTestService({
      options: { allowedRedirects: ['https://app.example.com/in'] },
    });
    const wayOn = async (query: string): Promise<string | undefined> => {
      const { text } = await app.http.get(`/auth/sign-in${query}`);
      return /<a class="button primary" href="([^"]*)">Continue/.exec(text)?.[1];
    };
    const found = await Promise.all(
      [
        '',
        '?redirect_to=https://app.example.com/in/box',
        '?redirect_to=https://evil.example/',
        '?redirect_to=https://app.example.com/in&redirect_to=https://evil.example/',
        '?redirect_to[]=https://app.example.com/in',
      ].map(wayOn),
    );
    await app.stop();
    expect(found).toEqual([
      '/auth/account',
      'https://app.example.com/in/box',
      '/auth/account',
      '/auth/account',
      '/auth/account',
    ]);
  });

  it('load files that exist, with their types', async () => {
    const files = new Set<string>();
    const collect = (text: string, pattern: RegExp, folder = ''): void => {
      for (const [, name = ''] of text.matchAll(pattern)) files.add(`${folder}${name}`);
    };
    for (const path of PAGES) {
      collect((await get(path)).text, /(?:src|href)="(\/auth\/assets\/[^"]+)"/g);
    }

    // Files that are found on the way are visited as well.
    for (const file of files) {
      const response = await get(file).then((answer) => answer);
      const [extension = ''] = /\w+$/.exec(file) ?? [];
      const type = { css: 'text/css', js: 'text/javascript', mjs: 'text/javascript' }[extension];
      expect([file, response.status, response.headers['content-type']]).toEqual([
        file,
        200,
        type === undefined ? expect.stringMatching(/^image\/svg\+xml/) : `${type}; charset=utf-8`,
      ]);
      expect(response.headers).toMatchObject({
        'cache-control': 'no-store',
        'x-content-type-options': 'nosniff',
      });
      if (extension === 'js') collect(response.text, / from '\.\/([^']+)'/g, '/auth/assets/');
    }
    expect([...files].sort()).toEqual(
      [
        ...[
          'account.js',
          'api.js',
          'bowser.mjs',
          'device.js',
          'fragment.js',
          'icon.svg',
          'link.js',
        ],
        ...['page.js', 'pages.css', 'report.js', 'sign-in.js', 'signed-in.js'],
      ].map((name) => `/auth/assets/${name}`),
    );
  });

  it.each(['nothing.js', 'page.ts', '..%2fpages.module.js', '%2e%2e', 'PAGE.js', '__proto__'])(
    'load nothing that is not theirs: %s',
    async (name) => {
      const response = await get(`/auth/assets/${name}`);
      expect([response.status, response.body.code]).toEqual([404, 'not_found']);
    },
  );

  it('are no part of the API', async () => {
    const { body } = await get('/openapi.json');
    expect(Object.keys(body.paths as object).filter((path) => PAGES.includes(path))).toEqual([]);
    expect(JSON.stringify(body)).not.toContain('/auth/assets');
  });

  describe('give each browser a value of its own', () => {
    it('in a cookie that scripts cannot read, for 400 days', async () => {
      expect(cookiesOf(await get('/auth/link'))).toEqual([
        expect.stringMatching(
          /^mira_device=[\w-]{43}; Path=\/; Max-Age=34560000; HttpOnly; SameSite=Lax$/,
        ),
      ]);
      expect(await deviceCookie()).not.toBe(await deviceCookie());
    });

    it('bound to the host and to TLS where the service has it', async () => {
      const tls = await startTestService({ options: { publicUrl: 'https://auth.example.com' } });
      const response = await tls.http.get('/auth/sign-in');
      await tls.stop();
      expect(cookiesOf(response)[0]).toMatch(/^__Host-mira_device=[\w-]{43}; .*; Secure$/);
    });

    it('once: a value of ours is left alone, any other is replaced', async () => {
      const Cookie = await deviceCookie();
      expect(cookiesOf(await get('/auth/sign-in', { Cookie }))).toEqual([]);
      expect(cookiesOf(await get('/auth/sign-in', { Cookie: 'mira_device=planted' }))).toHaveLength(
        1,
      );
    });

    it('by which links know it again, and sessions by one that is new at the sign-in', async () => {
      const own = { headers: { Cookie: await deviceCookie() } };
      const stranger = { headers: { Cookie: await deviceCookie() } };
      const { token } = await service.requestLink('ada@example.com', own);
      const refused = await service.verify(token, stranger);
      expectProblem(refused, 'context_mismatch');

      const accepted = await service.verify(token, { ...own, rememberDevice: true });
      const before = own.headers.Cookie;
      const after = deviceCookieOf(accepted);
      const [, known] = before.split('=');
      expect(after).toMatch(/^mira_device=[\w-]{43}$/);
      expect(cookiesOf(accepted)).toEqual(
        [after, `mira_devices=${known ?? ''}`].map(
          (cookie) => `${cookie}; Path=/; Max-Age=34560000; HttpOnly; SameSite=Lax`,
        ),
      );

      const Authorization = `Bearer ${String(accepted.body.session_token)}`;
      const here = await get('/auth/session', { Authorization, Cookie: after });
      expect(here.body.session.remember_device).toBe(true);
      // What somebody knew of the browser before is worth nothing.
      for (const Cookie of [before, stranger.headers.Cookie]) {
        expectProblem(await get('/auth/session', { Authorization, Cookie }), 'context_mismatch');
      }
      expectProblem(await get('/auth/session', { Authorization }), 'context_mismatch');
    });
  });
});
