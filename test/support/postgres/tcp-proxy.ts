import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';

/**
 * Stands between a client and a server, and fails as networks do. Nothing is lost by stalling: as
 * TCP does after a broken route, it delivers later what was on its way.
 */
export class TcpProxy {
  private isStalled = false;
  private readonly sockets = new Set<Socket>();

  private constructor(
    private readonly server: Server,
    private readonly target: URL,
    readonly port: number,
  ) {
    server.on('connection', (client) => this.forward(client));
  }

  /**
   * @param target such as `postgres://user:password@host:port/database`.
   * @param port of a proxy that was closed, to be in its place.
   */
  static async open(target: string, port = 0): Promise<TcpProxy> {
    const server = createServer({ pauseOnConnect: true });
    server.listen(port, '127.0.0.1');
    await once(server, 'listening');
    return new TcpProxy(server, new URL(target), (server.address() as AddressInfo).port);
  }

  /** The target's URL, by way of this proxy. */
  get url(): string {
    const url = new URL(this.target);
    url.hostname = '127.0.0.1';
    url.port = this.port.toString();
    return url.href;
  }

  /** How many clients are connected. */
  get connections(): number {
    return this.sockets.size / 2;
  }

  /** Becomes a black hole: takes everything, new connections too, and passes nothing on. */
  stall(): void {
    this.isStalled = true;
    this.sockets.forEach((socket) => socket.pause());
  }

  /** Passes on again, first what has waited. */
  resume(): void {
    this.isStalled = false;
    this.sockets.forEach((socket) => socket.resume());
  }

  /** Breaks every connection there is. New ones are still taken. */
  cut(): void {
    this.sockets.forEach((socket) => socket.destroy());
  }

  /** Breaks every connection and takes no more: the server is gone. */
  async close(): Promise<void> {
    const closed = once(this.server, 'close');
    this.server.close();
    this.cut();
    await closed;
  }

  private forward(client: Socket): void {
    const upstream = connect(Number(this.target.port), this.target.hostname);
    for (const [from, to] of [
      [client, upstream],
      [upstream, client],
    ] as const) {
      this.sockets.add(from);
      from.on('data', (data) => to.write(data));
      from.on('end', () => to.end());
      from.on('error', () => to.destroy());
      from.on('close', () => {
        this.sockets.delete(from);
        to.destroy();
      });
      if (this.isStalled) from.pause();
      else from.resume();
    }
  }
}
