import { once } from 'node:events';
import type { Server } from 'node:http';
import { setTimeout as delay } from 'node:timers/promises';

import { Injectable } from '@nestjs/common';
import type { NextFunction, Request, Response } from 'express';

import { UnavailableError } from '../../common/errors';

/** How often kept connections that have fallen idle are closed while the last requests finish. */
const SWEEP_MILLISECONDS = 50;

/**
 * How the service stops taking requests without cutting one off. First it only announces it, so
 * that balancers look elsewhere; then nothing new is begun.
 */
@Injectable()
export class Drain {
  private state: 'serving' | 'announced' | 'refusing' = 'serving';
  private readonly underWay = new Set<Response>();

  /** Whether the service still wants requests. */
  isServing(): boolean {
    return this.state === 'serving';
  }

  /** Lets readiness fail; requests are still served, and each ends its connection. */
  announce(): void {
    this.state = 'announced';
    // RFC 9112, section 9.6: the answer says that no other follows on its connection.
    for (const response of this.underWay) response.shouldKeepAlive = false;
  }

  /**
   * Stops listening and refuses what still arrives on kept connections.
   *
   * @param timeoutMilliseconds after which connections are cut whose requests have not finished.
   */
  async finish(server: Server, timeoutMilliseconds: number): Promise<void> {
    this.announce();
    this.state = 'refusing';
    const deadline = new AbortController();
    const closed = server.listening ? once(server, 'close') : Promise.resolve();
    server.close();
    const sweep = setInterval(() => server.closeIdleConnections(), SWEEP_MILLISECONDS);
    const cut = delay(timeoutMilliseconds, undefined, { signal: deadline.signal }).then(
      () => server.closeAllConnections(),
      () => undefined,
    );
    await closed;
    clearInterval(sweep);
    deadline.abort();
    await cut;
  }

  /** Express middleware that counts the requests under way, and refuses them when it is time. */
  readonly middleware = (_request: Request, response: Response, next: NextFunction): void => {
    if (this.state !== 'serving') response.shouldKeepAlive = false;
    if (this.state === 'refusing') {
      next(new UnavailableError());
      return;
    }
    this.underWay.add(response);
    response.once('close', () => this.underWay.delete(response));
    next();
  };
}
