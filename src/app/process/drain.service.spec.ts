import { once } from 'node:events';
import { Agent, createServer, type IncomingMessage, request, type Server } from 'node:http';
import { type AddressInfo, connect, type Socket } from 'node:net';

import type { Request, Response } from 'express';

import { waitFor } from '../../../test/support/wait-for';
import { UnavailableError } from '../../common/errors';
import { Drain } from './drain.service';

interface Answer {
  readonly status: number;
  readonly connection: string | undefined;
}

/** A server that answers `/slow` when the test says so, and everything else at once. */
class Served {
  readonly drain = new Drain();
  readonly agent = new Agent({ keepAlive: true, maxSockets: 10 });
  readonly server: Server;
  private readonly waiting: (() => void)[] = [];
  private arrived: () => void = () => undefined;
  readonly slowArrived = new Promise<void>((resolve) => (this.arrived = resolve));

  constructor() {
    this.server = createServer((message, response) => {
      this.drain.middleware(message as Request, response as Response, (error?: unknown) => {
        response.statusCode = error instanceof UnavailableError ? 503 : 200;
        const answer = (): void => void response.end('done');
        if (error === undefined && message.url === '/slow') {
          this.waiting.push(answer);
          this.arrived();
        } else {
          answer();
        }
      });
    });
  }

  async listen(): Promise<void> {
    this.server.listen(0, '127.0.0.1');
    await once(this.server, 'listening');
  }

  get port(): number {
    return (this.server.address() as AddressInfo).port;
  }

  answerSlow(): void {
    for (const answer of this.waiting.splice(0)) answer();
  }

  async get(path: string): Promise<Answer> {
    const outgoing = request({ port: this.port, host: '127.0.0.1', path, agent: this.agent });
    outgoing.end();
    const [response] = (await once(outgoing, 'response')) as [IncomingMessage];
    response.resume();
    await once(response, 'end');
    return { status: response.statusCode ?? 0, connection: response.headers.connection };
  }
}

describe('draining', () => {
  let served: Served;

  beforeEach(async () => {
    served = new Served();
    await served.listen();
  });

  afterEach(() => {
    served.agent.destroy();
    served.server.closeAllConnections();
    served.server.close();
  });

  it('still serves while it is only announced, and ends each connection with its answer', async () => {
    expect(await served.get('/')).toEqual({ status: 200, connection: 'keep-alive' });
    served.drain.announce();
    expect(served.drain.isServing()).toBe(false);
    expect(await served.get('/')).toEqual({ status: 200, connection: 'close' });
  });

  it('lets a request that is under way finish, and takes no connection meanwhile', async () => {
    const { port } = served;
    const slow = served.get('/slow');
    await served.slowArrived;
    const finished = served.drain.finish(served.server, 5_000);
    const late = connect(port, '127.0.0.1');
    const [error] = (await once(late, 'error')) as [NodeJS.ErrnoException];
    expect(error.code).toBe('ECONNREFUSED');
    served.answerSlow();
    expect(await slow).toEqual({ status: 200, connection: 'close' });
    await finished;
  });

  it('refuses a request that arrives on a connection which was open before', async () => {
    const connected = once(served.server, 'connection') as Promise<[Socket]>;
    const client = connect(served.port, '127.0.0.1');
    const [socket] = await connected;
    client.write('GET / HTTP/1.1\r\n');
    await waitFor('the first line', () => (socket.bytesRead > 0 ? true : undefined));
    const finished = served.drain.finish(served.server, 5_000);
    client.write('Host: x\r\n\r\n');
    const [answer] = (await once(client, 'data')) as [Buffer];
    expect(answer.toString()).toMatch(/^HTTP\/1\.1 503 .*\r\nConnection: close\r\n/s);
    await finished;
  });

  it('closes kept connections that nobody uses at once', async () => {
    await served.get('/');
    await served.drain.finish(served.server, 60_000);
    expect(served.server.listening).toBe(false);
  });

  it('cuts off what does not finish in time', async () => {
    const slow = served.get('/slow');
    await served.slowArrived;
    const [cut] = await Promise.allSettled([slow, served.drain.finish(served.server, 100)]);
    expect(cut).toMatchObject({ status: 'rejected', reason: { code: 'ECONNRESET' } });
  });
});
