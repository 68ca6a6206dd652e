import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { connect, type Socket } from 'node:net';
import { text } from 'node:stream/consumers';

import { Controller, Get, Post, Res } from '@nestjs/common';
import type { NestExpressApplication } from '@nestjs/platform-express';
import { Test } from '@nestjs/testing';
import type { Response } from 'express';

import { configureAuthHttp } from '../configure-http';
import { originForm } from './server-limits';

const CANARY = 'canary-8e21';

@Controller('auth')
class AuthController {
  @Get('things')
  list() {
    return { things: [] };
  }

  @Post('begun')
  begin(@Res() response: Response) {
    response.write('begun');
  }
}

describe('limitServer', () => {
  let app: NestExpressApplication;
  let sockets: Socket[];

  beforeAll(async () => {
    const module = await Test.createTestingModule({ controllers: [AuthController] }).compile();
    app = module.createNestApplication<NestExpressApplication>({
      bodyParser: false,
      logger: false,
    });
    configureAuthHttp(app, { publicUrl: 'https://auth.example.com', allowedOrigins: [] });
    await app.listen(0, '127.0.0.1');
  });
  beforeEach(() => (sockets = []));
  afterEach(() => sockets.forEach((socket) => socket.destroy()));
  afterAll(() => app.close());

  const open = async (bytes: string) => {
    const { port } = app.getHttpServer().address() as AddressInfo;
    const socket = connect(port, '127.0.0.1');
    sockets.push(socket);
    await once(socket, 'connect');
    socket.write(bytes);
    return socket;
  };
  const exchange = async (bytes: string) => {
    const socket = await open(bytes);
    return text(socket);
  };
  const get = (target: string) =>
    exchange(`GET ${target} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n`);

  it.each([
    ['no HTTP', `${CANARY}\r\n\r\n`, 400],
    ['a header without a colon', `GET / HTTP/1.1\r\nHost: x\r\n${CANARY}\r\n\r\n`, 400],
    [
      'two lengths',
      `POST /auth/things HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\n`,
      400,
    ],
    [
      'a length and chunks',
      `POST /auth/things HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n`,
      400,
    ],
    [
      '20 KB of headers',
      `GET / HTTP/1.1\r\nHost: x\r\nUser-Agent: ${CANARY.repeat(2_000)}\r\n\r\n`,
      431,
    ],
  ])('answers %s in the words of the contract', async (_, bytes, status) => {
    const answer = await exchange(bytes);
    const [head = '', body = ''] = answer.split('\r\n\r\n');
    expect(head).toMatch(new RegExp(`^HTTP/1.1 ${status} `));
    expect(head).toContain('Content-Type: application/problem+json');
    expect(head).toMatch(/^cache-control: no-store\r$/m);
    expect(head).toMatch(/^strict-transport-security: max-age=31536000; includeSubDomains\r$/m);
    expect(head).toMatch(/^content-security-policy: default-src 'none';.*frame-ancestors 'none'/m);
    expect(head).toMatch(/^referrer-policy: no-referrer\r$/m);
    expect(head).toMatch(/^x-content-type-options: nosniff\r$/m);
    expect(head).toMatch(/X-Request-Id: [0-9a-f-]{36}/);
    expect(JSON.parse(body)).toMatchObject({ status, code: 'invalid_request', errors: [] });
    expect(answer).not.toContain(CANARY);
  });

  it('does not write a problem into an answer that has begun', async () => {
    const socket = await open(
      'POST /auth/begun HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\nContent-Type: application/json\r\n\r\n2\r\n{}\r\n0\r\n\r\n',
    );
    const [first] = (await once(socket, 'data')) as [Buffer];
    expect(first.toString()).toContain('begun');
    socket.write('garbage\r\n\r\n');
    expect(await text(socket).catch(() => '')).not.toContain('problem');
  });

  it('answers a body announced as too large before any of it has come', async () => {
    const socket = await open(
      'POST /auth/begun HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 1000000\r\n\r\n',
    );
    const [first] = (await once(socket, 'data')) as [Buffer];
    expect(first.toString()).toMatch(/^HTTP\/1.1 413 /);
  });

  it('answers a body of another type before any of it has come', async () => {
    const socket = await open(
      'POST /auth/begun HTTP/1.1\r\nHost: x\r\nContent-Type: text/plain\r\nContent-Length: 10\r\n\r\n',
    );
    const [first] = (await once(socket, 'data')) as [Buffer];
    expect(first.toString()).toMatch(/^HTTP\/1.1 415 /);
  });

  it.each([
    'http://localhost/auth/things',
    'https://x:99999/auth/things?a=b',
    'HTTP://[::1/auth/things',
  ])('takes the absolute form %s for its path', async (target) => {
    expect(await get(target)).toMatch(/^HTTP\/1.1 200 OK[^]*{"things":\[\]}$/);
  });

  it.each([`http://[${CANARY}`, `http://a:b/${CANARY}`, `ftp://x/${CANARY}`])(
    'answers %s with a problem that does not repeat it',
    async (target) => {
      const answer = await get(target);
      expect(answer).toMatch(/^HTTP\/1.1 404 [^]*Cache-Control: no-store[^]*"code":"not_found"/);
      expect(answer).not.toContain(CANARY);
    },
  );

  it('answers OPTIONS for the whole server', async () => {
    const answer = await exchange('OPTIONS * HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n');
    expect(answer).toMatch(/^HTTP\/1.1 404 /);
  });

  it('serves others while 300 sockets send their headers slowly', async () => {
    await Promise.all(
      Array.from({ length: 300 }, () => open('POST /auth/begun HTTP/1.1\r\nHost: x\r\nX-Slow: ')),
    );
    expect(await get('/auth/things')).toMatch(/^HTTP\/1.1 200 /);
    expect(app.getHttpServer().headersTimeout).toBe(10_000);
    expect(app.getHttpServer().requestTimeout).toBe(20_000);
  });
});

describe('originForm', () => {
  it.each([
    ['/a?b', '/a?b'],
    ['//a/b', '//a/b'],
    ['/http://x/y', '/http://x/y'],
    ['*', '*'],
    ['http://x', '/'],
    ['http://x?a', '/?a'],
    ['HTTPS://u:p@x:1/a', '/a'],
    ['a:b', '/a:b'],
    ['', '/'],
  ])('makes of %j %j', (target, expected) => {
    expect(originForm(target)).toBe(expected);
  });
});
