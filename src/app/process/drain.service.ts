import { once } from 'node:events';
import type { Server } from 'node:http';
import { setTimeout as delay } from 'node:timers/promises';

import { Injectable } from '@nestjs/common';
import type { NextFunction, Request, Response } from 'express';

import { UnavailableError } from '../../common/errors';

/** How often idle keep-alive connections are closed while the last requests finish. */
const SWEEP_MILLISECONDS = 50;

/**
 * Lets the service stop taking requests without cutting one off. First it only announces that, so
 * that load balancers choose another instance; then it refuses new requests.
 */
@Injectable()
export class Drain {
  private state: 'serving' | 'announced' | 'refusing' = 'serving';
  private readonly underWay = new Set<Response>();

  /** Whether requests should still be sent here. */
  isServing(): boolean {
    return this.state === 'serving';
  }

  /** Lets readiness fail. Requests are still served, and each answer ends its connection. */
  announce(): void {
    this.state = 'announced';
    // The answer says that it is the last one on its connection (RFC 9112, section 9.6).
    for (const response of this.underWay) response.shouldKeepAlive = false;
  }

  /**
   * Stops listening, and refuses requests that still arrive on open connections.
   *
   * @param timeoutMilliseconds after which requests that have not finished are cut off.
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
