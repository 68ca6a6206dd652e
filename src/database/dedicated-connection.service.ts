import { Inject, Injectable, Logger, type OnApplicationShutdown } from '@nestjs/common';
import { Client, type ClientConfig } from 'pg';
import { DataSource } from 'typeorm';

import { UnavailableError } from '../common/errors';
import { AUTH_DATA_SOURCE } from './driver/data-source';
import { firstRow, type NamedSql } from './named-sql';

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
const LONGEST_RECONNECT = 2_000;
/** A silent connection may be dead without either end knowing; asking it something tells. */
const HEARTBEAT_INTERVAL = 15_000;
const QUERY_TIMEOUT = 2_000;

/**
 * One connection outside the pool, made anew whenever it is lost. It hears PostgreSQL's
 * notifications, and answers small questions that must not wait until a busy pool has a connection
 * to spare. Notifications are a hint that saves waiting: they get lost with the connection, so
 * whoever depends on what they tell must also look from time to time.
 */
@Injectable()
export class DedicatedConnection implements OnApplicationShutdown {
  private readonly logger = new Logger('Notifications');
  private readonly handlers = new Map<string, NotificationHandler[]>();
  private client: Client | undefined;
  private isConnected = false;
  private failures = 0;
  private timer: NodeJS.Timeout | undefined;
  private lastTurn: Promise<unknown> = Promise.resolve();

  constructor(@Inject(AUTH_DATA_SOURCE) private readonly dataSource: DataSource) {}

  /**
   * Calls `handler` for the notifications of `channel` from now on. The connection is made at the
   * first subscription; an absent database is no error but means that nothing is heard yet.
   */
  subscribe(channel: string, handler: NotificationHandler): void {
    this.handlers.set(channel, [...(this.handlers.get(channel) ?? []), handler]);
    if (this.client === undefined && this.timer === undefined) void this.connect();
    else if (this.isConnected) void this.listenOn(this.client, channel, handler);
  }

  /**
   * Runs one statement that always returns a row, by itself and not prepared, so that a pooler may
   * be in between. If it is not answered within two seconds the connection is given up and made
   * anew.
   *
   * @returns the first row.
   * @throws UnavailableError (`unavailable`) while there is no connection, and for any failure.
   */
  async queryOne<Row extends object>(sql: NamedSql, parameters: unknown[] = []): Promise<Row> {
    const { client } = this;
    if (client === undefined || !this.isConnected) throw new UnavailableError(1);
    let rows: Row[];
    try {
      ({ rows } = await this.inTurn(() => client.query<Row>(sql.text, parameters)));
    } catch (error) {
      // A statement that the server refuses says nothing against the connection.
      if (!(error instanceof Error && 'severity' in error)) this.reconnect(client);
      throw new UnavailableError(1, undefined, { cause: error });
    }
    return firstRow(sql, rows);
  }

  async onApplicationShutdown(): Promise<void> {
    clearTimeout(this.timer);
    const client = this.client;
    this.client = undefined;
    this.isConnected = false;
    if (client !== undefined) await close(client);
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
    this.isConnected = true;
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
      await this.inTurn(() => listen(client, channel));
      handler.onConnected();
    } catch {
      this.reconnect(client);
    }
  }

  /** One statement after the other. */
  private async inTurn<T>(work: () => Promise<T>): Promise<T> {
    const turn = this.lastTurn.then(work);
    this.lastTurn = turn.catch(() => undefined);
    return turn;
  }

  private scheduleHeartbeat(client: Client): void {
    this.timer = setTimeout(() => {
      this.inTurn(() => client.query('SELECT 1')).then(
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
    this.isConnected = false;
    clearTimeout(this.timer);
    // Without a word to the server: where the network swallows everything, nothing else ends it.
    streamOf(broken).destroy();
    if (this.failures === 0)
      this.logger.warn('The connection for notifications is lost and made anew');

    const wait = Math.min(FIRST_RECONNECT * 2 ** this.failures, LONGEST_RECONNECT);
    this.failures += 1;
    this.timer = setTimeout(() => void this.connect(), wait);
  }
}

/** Takes leave of the server, for as long as an answer may take. */
async function close(client: Client): Promise<void> {
  const giveUp = setTimeout(() => streamOf(client).destroy(), QUERY_TIMEOUT);
  await client.end().catch(() => undefined);
  clearTimeout(giveUp);
}

function streamOf(client: Client): { destroy(): void } {
  return (client as unknown as { connection: { stream: { destroy(): void } } }).connection.stream;
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
    // A search path, for one.
    ...(options.extra as ClientConfig | undefined),
    ...(server.url !== undefined && { connectionString: server.url }),
    ...(server.host !== undefined && { host: server.host }),
    ...(server.port !== undefined && { port: server.port }),
    ...(server.username !== undefined && { user: server.username }),
    ...(server.password !== undefined && { password: server.password }),
    ...(server.database !== undefined && { database: server.database }),
    ...(ssl !== undefined && { ssl }),
    application_name: 'mira-auth-listener',
    connectionTimeoutMillis: CONNECT_TIMEOUT,
    query_timeout: QUERY_TIMEOUT,
    keepAlive: true,
  };
}
