import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';

import { inRepository } from '../../support/repository';

describe('the health check of the image', () => {
  let server: Server;
  let port: string;
  let asked: string[];
  let status: number;

  beforeEach(async () => {
    asked = [];
    status = 200;
    server = createServer((request, response) => {
      asked.push(`${request.method ?? ''} ${request.url ?? ''}`);
      response.writeHead(status).end('{}');
    }).listen(0, '127.0.0.1');
    await once(server, 'listening');
    port = (server.address() as AddressInfo).port.toString();
  });

  afterEach(() => {
    server.closeAllConnections();
    server.close();
  });

  async function check(args: string[], env: Record<string, string> = {}) {
    const child = spawn(process.execPath, [inRepository('docker/healthcheck.mjs'), ...args], {
      env: { PORT: port, ...env },
      stdio: ['ignore', 'ignore', 'pipe'],
    });
    let stderr = '';
    child.stderr.on('data', (data: Buffer) => (stderr += data.toString()));
    const [code] = (await once(child, 'close')) as [number | null];
    return { code, stderr };
  }

  it.each([
    [[], 'GET /health/live'],
    [['ready'], 'GET /health/ready'],
  ])('passes where the service is well: %j', async (args, request) => {
    expect(await check(args)).toEqual({ code: 0, stderr: '' });
    expect(asked).toEqual([request]);
  });

  it.each(['0.0.0.0', '127.0.0.1', 'localhost'])(
    'asks where the service listens: %s',
    async (host) => {
      expect(await check([], { AUTH_HTTP_HOST: host })).toEqual({ code: 0, stderr: '' });
    },
  );

  it('fails where the service says that it is not well', async () => {
    status = 503;
    expect(await check(['ready'])).toEqual({ code: 1, stderr: '/health/ready: 503\n' });
  });

  it('fails where nobody listens', async () => {
    server.close();
    await once(server, 'close');
    expect(await check([])).toEqual({ code: 1, stderr: '/health/live: ECONNREFUSED\n' });
  });
});
