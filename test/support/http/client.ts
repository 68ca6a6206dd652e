import type { Response } from 'supertest';

/** One client of the service, as its requests show it. */
export interface Client {
  /** @default none */
  readonly userAgent?: string;
  /** The value of `X-Device-Fingerprint`. @default none */
  readonly fingerprint?: string;
  /** The value of `X-Forwarded-For`; believed by a service that trusts this machine as a proxy. */
  readonly forwardedFor?: string;
  /** Whatever else it sends. */
  readonly headers?: Readonly<Record<string, string>>;
}

/** Options of a service that takes the tests' own machine for its proxy. */
export const BEHIND_PROXY = { trustedProxies: ['127.0.0.1/32'] };

/** A client in a network of its own for each number. */
export function inNetwork(index: number): Client {
  const [third, fourth] = [Math.floor(index / 250), 1 + (index % 250)];
  return { forwardedFor: `198.51.${third.toString()}.${fourth.toString()}` };
}

/** The headers that a client sends with each request. */
export function headersOf(client: Client): Record<string, string> {
  return {
    ...(client.userAgent !== undefined && { 'User-Agent': client.userAgent }),
    ...(client.fingerprint !== undefined && { 'X-Device-Fingerprint': client.fingerprint }),
    ...(client.forwardedFor !== undefined && { 'X-Forwarded-For': client.forwardedFor }),
    ...client.headers,
  };
}

/** The `name=value` of the session cookie that an answer sets. */
export function sessionCookie(response: Response): string {
  return cookieSetBy(response, /^(?:__Host-)?mira_session=/);
}

/** The `name=value` of the device cookie that an answer sets. */
export function deviceCookie(response: Response): string {
  return cookieSetBy(response, /^(?:__Host-)?mira_device=/);
}

function cookieSetBy(response: Response, name: RegExp): string {
  const pair = pairsSetBy(response).find((set) => name.test(set));
  if (pair === undefined) throw new Error(`the answer sets no cookie ${name.source}`);
  return pair;
}

/** The `Cookie` header of a browser's next request, as an answer has changed it. */
export function cookiesAfter(before: string | undefined, response: Response): string {
  const pairs = [...(before?.split('; ') ?? []), ...pairsSetBy(response)];
  const jar = new Map(pairs.map((pair) => [pair.slice(0, pair.indexOf('=')), pair]));
  return [...jar.values()].join('; ');
}

function pairsSetBy({ headers }: Response): string[] {
  const cookies = (headers['set-cookie'] ?? []) as unknown as string[];
  return cookies.map((cookie) => cookie.split(';', 1)[0] ?? '');
}
