import { Agent, request } from 'node:http';

/** A request as a client sends it. */
export interface Sent {
  readonly method: 'GET' | 'POST' | 'DELETE';
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: object;
}

/** An answer as a client gets it. */
export interface Answer {
  readonly status: number;
  /** Of a problem, its code. */
  readonly code: string | undefined;
  readonly body: Readonly<Record<string, unknown>>;
  readonly setCookies: readonly string[];
}

/** As many as the service can work on at once. */
const MOST_AT_ONCE = 16;

/** Real HTTP to one service. */
export class Connection {
  /** How many requests were answered. */
  answered = 0;
  /** Whether anything was sent that may have caused mails, since this was last set to `false`. */
  hasPosted = false;
  private readonly agent = new Agent({ keepAlive: true, maxSockets: MOST_AT_ONCE });
  private readonly host: string;
  private readonly port: string;

  constructor(url: string) {
    ({ hostname: this.host, port: this.port } = new URL(url));
  }

  send({ method, path, headers, body }: Sent): Promise<Answer> {
    this.hasPosted ||= method === 'POST';
    const text = body === undefined ? undefined : JSON.stringify(body);
    return new Promise((resolve, reject) => {
      const outgoing = request(
        {
          agent: this.agent,
          host: this.host,
          port: this.port,
          method,
          path,
          headers: {
            ...headers,
            ...(text !== undefined && {
              'Content-Type': 'application/json',
              'Content-Length': Buffer.byteLength(text),
            }),
          },
        },
        (incoming) => {
          const chunks: Buffer[] = [];
          incoming.on('data', (chunk: Buffer) => chunks.push(chunk));
          incoming.on('error', reject);
          incoming.on('end', () => {
            this.answered += 1;
            const isJson = (incoming.headers['content-type'] ?? '').includes('json');
            const answer = Buffer.concat(chunks).toString('utf8');
            const parsed = (isJson ? JSON.parse(answer) : {}) as Record<string, unknown>;
            resolve({
              status: incoming.statusCode ?? 0,
              code: parsed['code'] as string | undefined,
              body: parsed,
              setCookies: incoming.headers['set-cookie'] ?? [],
            });
          });
        },
      );
      outgoing.on('error', reject);
      outgoing.end(text);
    });
  }

  close(): void {
    this.agent.destroy();
  }
}
