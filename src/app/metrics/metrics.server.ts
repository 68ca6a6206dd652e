import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

import { type BeforeApplicationShutdown, Injectable, Logger } from '@nestjs/common';
import { Registry } from 'prom-client';

import { DatabaseMetrics } from './database-metrics.service';

const PATH = '/metrics';

/** A scrape is a request of a few hundred bytes from a machine nearby. */
const LIMITS = {
  maxHeaderSize: 8_192,
  headersTimeout: 5_000,
  requestTimeout: 5_000,
  keepAliveTimeout: 5_000,
  connectionsCheckingInterval: 1_000,
} as const;

/** More than scrapers need. */
const MAX_CONNECTIONS = 50;

/**
 * Serves the metrics on a port of their own and never on the public one
 * (docs/reference/http-api.md#operation). It asks for no credentials: keep others away from that
 * port by the network.
 */
@Injectable()
export class MetricsServer implements BeforeApplicationShutdown {
  private readonly logger = new Logger('Metrics');
  private readonly server = createServer(LIMITS, (request, response) => {
    void this.answer(request, response);
  });

  constructor(
    private readonly registry: Registry,
    private readonly database: DatabaseMetrics,
  ) {
    this.server.maxConnections = MAX_CONNECTIONS;
  }

  /**
   * Begins to listen.
   *
   * @param port 0 for any free one.
   * @returns where it listens.
   * @throws what Node says when the port cannot be listened on.
   */
  async listen(host: string, port: number): Promise<AddressInfo> {
    this.server.listen({ host, port });
    await once(this.server, 'listening');
    return this.server.address() as AddressInfo;
  }

  /** Runs after the public port was closed and before the database is. */
  async beforeApplicationShutdown(): Promise<void> {
    if (!this.server.listening) return;
    const closed = once(this.server, 'close');
    this.server.close();
    this.server.closeAllConnections();
    await closed;
  }

  private async answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    response.setHeader('Cache-Control', 'no-store');
    response.setHeader('X-Content-Type-Options', 'nosniff');
    const [path] = (request.url ?? '').split('?', 1);
    if (path !== PATH) {
      refuse(response, 404);
    } else if (request.method !== 'GET' && request.method !== 'HEAD') {
      // RFC 9110, section 15.5.6.
      response.setHeader('Allow', 'GET, HEAD');
      refuse(response, 405);
    } else {
      await this.report(response);
    }
  }

  private async report(response: ServerResponse): Promise<void> {
    try {
      await this.database.refresh();
      const text = await this.registry.metrics();
      response.setHeader('Content-Type', this.registry.contentType);
      response.setHeader('Content-Length', Buffer.byteLength(text));
      response.end(text);
    } catch (error) {
      this.logger.error('The metrics could not be collected', error);
      refuse(response, 500);
    }
  }
}

/** Answers without a body, and reads none. */
function refuse(response: ServerResponse, status: number): void {
  response.shouldKeepAlive = false;
  response.writeHead(status, { 'Content-Length': 0 }).end();
}
