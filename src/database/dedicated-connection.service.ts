import { Inject, Injectable, Logger, type OnApplicationShutdown } from '@nestjs/common';
import { Client, type ClientConfig } from 'pg';
import { DataSource } from 'typeorm';

import { UnavailableError } from '../common/errors';
import { AUTH_DATA_SOURCE } from './driver/data-source';
import { firstRow, type NamedSql } from './named-sql';

export interface NotificationHandler {
  /** Called for each notification on the channel. */
  onNotification(payload: string): void;
  /**
   * Called whenever listening begins, at first and after a reconnect. Notifications sent in between
   * were missed, so the handler must check for changes itself.
   */
  onConnected(): void;
}

/** In milliseconds. */
const CONNECT_TIMEOUT = 3_000;
const FIRST_RECONNECT = 100;
const LONGEST_RECONNECT = 2_000;
/** A silent connection may be dead without either end knowing. A query finds out. */
const HEARTBEAT_INTERVAL = 15_000;
const QUERY_TIMEOUT = 2_000;

/**
 * One connection outside the pool, reconnected whenever it is lost. It receives PostgreSQL's
 * notifications, and runs small queries that must not wait for a connection of a busy pool.
 * Notifications only save waiting: they are lost with the connection, so their receivers must also
 * poll.
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
   * Calls `handler` for the notifications on `channel` from now on. The first subscription opens
   * the connection. An unavailable database is not an error: connecting is retried until it works.
   */
  subscribe(channel: string, handler: NotificationHandler): void {
    this.handlers.set(channel, [...(this.handlers.get(channel) ?? []), handler]);
    if (this.client === undefined && this.timer === undefined) void this.connect();
    else if (this.isConnected) void this.listenOn(this.client, channel, handler);
  }

  /**
   * Runs one statement that always returns a row, unprepared and on its own, which works through a
   * pooler. Without an answer within two seconds the connection is closed and reconnected.
   *
   * @returns the first row.
   * @throws UnavailableError (`unavailable`) while there is no connection, and for any failure.
   * @throws Error naming the statement when it returns no row.
   */
  async queryOne<Row extends object>(sql: NamedSql, parameters: unknown[] = []): Promise<Row> {
    const { client } = this;
    if (client === undefined || !this.isConnected) throw new UnavailableError(1);
    let rows: Row[];
    try {
      ({ rows } = await this.inTurn(() => client.query<Row>(sql.text, parameters)));
    } catch (error) {
      // An error that the server reports does not mean that the connection is broken.
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

  /** Runs `work` after all work that was given before. */
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

  /** Closes a broken connection and opens a new one. Further errors of the old one are ignored. */
  private reconnect(broken: Client): void {
    if (this.client !== broken) return;
    this.client = undefined;
    this.isConnected = false;
    clearTimeout(this.timer);
    // Without a goodbye to the server: on a network that drops packets it would never complete.
    streamOf(broken).destroy();
    if (this.failures === 0) {
      this.logger.warn('The database connection for notifications was lost and is being reopened');
    }

    const wait = Math.min(FIRST_RECONNECT * 2 ** this.failures, LONGEST_RECONNECT);
    this.failures += 1;
    this.timer = setTimeout(() => void this.connect(), wait);
  }
}

/** Ends the connection properly, or destroys it after `QUERY_TIMEOUT`. */
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

/** The address and credentials of the data source, those of its primary if it is replicated. */
function clientConfig(options: DataSource['options']): ClientConfig {
  if (options.type !== 'postgres') throw new TypeError("the data source's type must be postgres");
  const server = options.replication?.master ?? options;
  const ssl = (server.ssl ?? options.ssl) as ClientConfig['ssl'];
  return {
    // May hold a search path, for example.
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
