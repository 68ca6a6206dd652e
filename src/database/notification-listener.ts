import { Inject, Injectable, Logger, type OnApplicationShutdown } from '@nestjs/common';
import { Client, type ClientConfig } from 'pg';
import { DataSource } from 'typeorm';

import { AUTH_DATA_SOURCE } from './data-source';

export interface NotificationHandler {
  /** Called for each notification of the channel. */
  onNotification(payload: string): void;
  /**
   * Called whenever listening begins, at first and after a lost connection: what was told in
   * between was missed, so the handler looks for itself.
   */
  onConnected(): void;
}

/** In milliseconds. */
const CONNECT_TIMEOUT = 3_000;
const FIRST_RECONNECT = 100;
const LONGEST_RECONNECT = 5_000;
/** A silent connection may be dead without either end knowing; asking it something tells. */
const HEARTBEAT_INTERVAL = 15_000;
const HEARTBEAT_TIMEOUT = 5_000;

/**
 * Listens to PostgreSQL's notifications on a connection of its own, outside the pool, and comes
 * back after it is lost. Notifications are a hint that saves waiting: they get lost with the
 * connection, so whoever depends on what they tell must also look from time to time.
 */
@Injectable()
export class NotificationListener implements OnApplicationShutdown {
  private readonly logger = new Logger('Notifications');
  private readonly handlers = new Map<string, NotificationHandler[]>();
  private client: Client | undefined;
  private isListening = false;
  private failures = 0;
  private timer: NodeJS.Timeout | undefined;

  constructor(@Inject(AUTH_DATA_SOURCE) private readonly dataSource: DataSource) {}

  /**
   * Calls `handler` for the notifications of `channel` from now on. The connection is made at the
   * first subscription; an absent database is no error but means that nothing is heard yet.
   */
  subscribe(channel: string, handler: NotificationHandler): void {
    this.handlers.set(channel, [...(this.handlers.get(channel) ?? []), handler]);
    if (this.client === undefined && this.timer === undefined) void this.connect();
    else if (this.isListening) void this.listenOn(this.client, channel, handler);
  }

  async onApplicationShutdown(): Promise<void> {
    clearTimeout(this.timer);
    const client = this.client;
    this.client = undefined;
    await client?.end().catch(() => undefined);
  }

  private async connect(): Promise<void> {
    this.timer = undefined;
    const client = new Client(clientConfig(this.dataSource.options));
    this.client = client;
    client.on('error', () => this.reconnect(client));
    client.on('notification', ({ channel, payload }) => {
      this.handlers.get(channel)?.forEach((handler) => handler.onNotification(payload ?? ''));
    });
    try {
      await client.connect();
      for (const channel of this.handlers.keys()) await listen(client, channel);
    } catch {
      this.reconnect(client);
      return;
    }
    if (this.client !== client) return;
    this.isListening = true;
    this.failures = 0;
    this.scheduleHeartbeat(client);
    [...this.handlers.values()].flat().forEach((handler) => handler.onConnected());
  }

  private async listenOn(
    client: Client | undefined,
    channel: string,
    handler: NotificationHandler,
  ): Promise<void> {
    if (client === undefined) return;
    try {
      await listen(client, channel);
      handler.onConnected();
    } catch {
      this.reconnect(client);
    }
  }

  private scheduleHeartbeat(client: Client): void {
    this.timer = setTimeout(() => {
      client.query('SELECT 1').then(
        () => {
          if (this.client === client) this.scheduleHeartbeat(client);
        },
        () => this.reconnect(client),
      );
    }, HEARTBEAT_INTERVAL);
    this.timer.unref();
  }

  /** Gives a broken connection up and makes another. Repeated news of one connection count once. */
  private reconnect(broken: Client): void {
    if (this.client !== broken) return;
    this.client = undefined;
    this.isListening = false;
    clearTimeout(this.timer);
    broken.end().catch(() => undefined);
    if (this.failures === 0) {
      this.logger.warn('The connection for notifications is lost and made anew');
    }
    const wait = Math.min(FIRST_RECONNECT * 2 ** this.failures, LONGEST_RECONNECT);
    this.failures += 1;
    this.timer = setTimeout(() => void this.connect(), wait);
  }
}

async function listen(client: Client, channel: string): Promise<void> {
  await client.query(`LISTEN ${client.escapeIdentifier(channel)}`);
}

/** Where the data source connects to, its primary if it has several servers. */
function clientConfig(options: DataSource['options']): ClientConfig {
  if (options.type !== 'postgres') throw new TypeError('the data source must be PostgreSQL');
  const server = options.replication?.master ?? options;
  const ssl = (server.ssl ?? options.ssl) as ClientConfig['ssl'];
  return {
    ...(server.url !== undefined && { connectionString: server.url }),
    ...(server.host !== undefined && { host: server.host }),
    ...(server.port !== undefined && { port: server.port }),
    ...(server.username !== undefined && { user: server.username }),
    ...(server.password !== undefined && { password: server.password }),
    ...(server.database !== undefined && { database: server.database }),
    ...(ssl !== undefined && { ssl }),
    application_name: 'mira-auth-listener',
    connectionTimeoutMillis: CONNECT_TIMEOUT,
    query_timeout: HEARTBEAT_TIMEOUT,
    keepAlive: true,
  };
}
