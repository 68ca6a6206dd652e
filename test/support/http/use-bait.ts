import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

/** A server that an attacker would like to be asked for keys. */
export interface Bait {
  readonly url: string;
  /** How often it was asked. */
  readonly visits: number;
}

export function useBait(): Bait {
  const bait = { url: '', visits: 0 };
  const server = createServer((_request, response) => {
    bait.visits += 1;
    response.end('{"keys":[]}');
  });

  beforeAll(async () => {
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    bait.url = `http://127.0.0.1:${(server.address() as AddressInfo).port.toString()}/keys.json`;
  });

  afterAll(() => server.close());

  return bait;
}
