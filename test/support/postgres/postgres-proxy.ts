import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';

/** What a connection of the service is for, by the name that it gives itself. */
export type ConnectionKind = 'pool' | 'dedicated';

/** `NotificationResponse` (PostgreSQL documentation, "Message Formats"). */
const NOTIFICATION = 'A'.charCodeAt(0);
const HEADER_BYTES = 5;

/**
 * Stands between the service and PostgreSQL, and knows enough of what they say to each other to
 * lose notifications, or to hold answers back on some connections and not on others.
 */
export class PostgresProxy {
  /** Lets nothing through that PostgreSQL says unasked, like a pooler in transaction mode. */
  losesNotifications = false;

  private readonly held = new Set<ConnectionKind>();
  private isStalled = false;
  private readonly connections = new Set<ProxiedConnection>();

  private constructor(
    private readonly server: Server,
    private readonly target: URL,
  ) {
    server.on('connection', (client) => {
      const upstream = connect(Number(target.port), target.hostname);
      const connection = new ProxiedConnection(client, upstream, this);
      this.connections.add(connection);
      client.on('close', () => this.connections.delete(connection));
      this.apply();
    });
  }

  /** @param target `postgres://…`. */
  static async open(target: string): Promise<PostgresProxy> {
    const server = createServer({ pauseOnConnect: true });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    return new PostgresProxy(server, new URL(target));
  }

  /** The target's URL, by way of this proxy. */
  get url(): string {
    const url = new URL(this.target);
    url.hostname = '127.0.0.1';
    url.port = (this.server.address() as AddressInfo).port.toString();
    return url.href;
  }

  /** Passes questions on and keeps the answers, on connections of one kind. */
  holdAnswers(kind: ConnectionKind): void {
    this.held.add(kind);
    this.apply();
  }

  /** Becomes a black hole: takes everything, new connections too, and passes nothing on. */
  stall(): void {
    this.isStalled = true;
    this.apply();
  }

  /** Passes on again, first what has waited. */
  resume(): void {
    this.isStalled = false;
    this.held.clear();
    this.apply();
  }

  async close(): Promise<void> {
    const closed = once(this.server, 'close');
    this.server.close();
    this.connections.forEach((connection) => connection.destroy());
    await closed;
  }

  private apply(): void {
    for (const connection of this.connections) {
      connection.let(!this.isStalled, !this.isStalled && !this.held.has(connection.kind));
    }
  }
}

class ProxiedConnection {
  kind: ConnectionKind = 'pool';
  private unread = Buffer.alloc(0);

  constructor(
    private readonly client: Socket,
    private readonly upstream: Socket,
    proxy: Pick<PostgresProxy, 'losesNotifications'>,
  ) {
    client.once('data', (startup) => {
      if (startup.includes('mira-auth-listener')) this.kind = 'dedicated';
    });
    client.on('data', (data) => upstream.write(data));
    upstream.on('data', (data) => {
      client.write(proxy.losesNotifications ? this.withoutNotifications(data) : data);
    });
    for (const [from, to] of [
      [client, upstream],
      [upstream, client],
    ] as const) {
      from.on('end', () => to.end());
      from.on('error', () => to.destroy());
      from.on('close', () => to.destroy());
    }
  }

  let(questionsPass: boolean, answersPass: boolean): void {
    this.client[questionsPass ? 'resume' : 'pause']();
    this.upstream[answersPass ? 'resume' : 'pause']();
  }

  destroy(): void {
    this.client.destroy();
  }

  private withoutNotifications(data: Buffer): Buffer {
    this.unread = Buffer.concat([this.unread, data]);
    const passed: Buffer[] = [];
    while (this.unread.length >= HEADER_BYTES) {
      const end = 1 + this.unread.readUInt32BE(1);
      if (this.unread.length < end) break;
      if (this.unread[0] !== NOTIFICATION) passed.push(this.unread.subarray(0, end));
      this.unread = this.unread.subarray(end);
    }
    return Buffer.concat(passed);
  }
}
