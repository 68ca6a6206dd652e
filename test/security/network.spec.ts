import type { Response } from 'supertest';

import { AttackWatch } from '../support/attacks/attack-watch';
import { type Client, headersOf } from '../support/http/client';
import { exchange } from '../support/http/raw-http';
import { expectProblem } from '../support/problem';
import { requestLinks } from '../support/sign-in/link-tokens';
import {
  startBeside,
  startTestService,
  TEST_PUBLIC_URL,
  type TestService,
} from '../support/test-service';
import { waitFor } from '../support/wait-for';

const watch = new AttackWatch();
/** Speaks to its clients directly. */
let direct: TestService;
/** Stands behind a proxy on this machine, which in turn stands behind another one. */
let proxied: TestService;

const LIMIT = 3;
const OUTER_PROXY = '10.0.0.7';

beforeAll(async () => {
  const magicLink = { networkLimit: { limit: LIMIT, windowSeconds: 900 } };
  direct = await startTestService({ options: { magicLink } });
  proxied = await startBeside(direct, {
    options: { magicLink, trustedProxies: ['127.0.0.1/32', '10.0.0.0/8'] },
  });
  watch.watch(proxied);
  watch.watchLogs(direct);
});

afterAll(async () => {
  await proxied.stop();
  await direct.stop();
});

// The count of this machine's own address would go on from test to test.
beforeEach(() => direct.sql('TRUNCATE rate_limits'));

let victims = 0;
/** A request for an address of its own, so that only the client's network is limited. */
const ask = async (service: TestService, client: Client): Promise<Response> => {
  victims += 1;
  const response = await service.http
    .post('/auth/magic-link/request')
    .set(headersOf(client))
    .send({ email: `victim-${victims.toString()}@example.com` });
  watch.expectHandled(response);
  return response;
};

const acceptedOf = async (service: TestService, clients: readonly Client[]): Promise<number> => {
  const responses = [];
  for (const client of clients) responses.push(await ask(service, client));
  return responses.filter(({ status }) => status === 200).length;
};

const forwarded = (...forwardedFor: readonly string[]): Client[] =>
  forwardedFor.map((header) => ({ forwardedFor: header }));

const rotating = (count: number, make: (index: number) => string): Client[] =>
  forwarded(...Array.from({ length: count }, (_, index) => make(index)));

/** Where the newest request came from, as the service sees it. */
const seenAddress = async (service: TestService, client: Client): Promise<string> => {
  await service.sql('TRUNCATE rate_limits');
  const { body } = await ask(service, client);
  const [row] = await service.sql<{ address: string }>(
    'SELECT host(ip_address) AS address FROM magic_links WHERE id = $1',
    [body.magic_link_id],
  );
  return row!.address;
};

describe('a client that writes its own address', () => {
  it('H1 stays in one bucket without a trusted proxy, whatever it forwards', async () => {
    const clients = rotating(20, (index) => `192.0.2.${index.toString()}`);
    expect(await acceptedOf(direct, clients)).toBe(LIMIT);
    expect(await seenAddress(direct, clients[0]!)).toBe('127.0.0.1');
  });

  it('H2 stays in one bucket behind proxies, whatever stands left of its own hop', async () => {
    const clients = rotating(
      20,
      (index) => `192.0.2.${index.toString()}, 198.51.100.1, ${OUTER_PROXY}`,
    );
    expect(await acceptedOf(proxied, clients)).toBe(LIMIT);
    expect(await seenAddress(proxied, clients[0]!)).toBe('198.51.100.1');
  });

  it('H3 is the proxy that wrote the header, when its hop is garbage', async () => {
    for (const garbage of [
      'unknown',
      '_hidden',
      '999.1.1.1',
      '0x7f.1',
      '010.0.0.1',
      '198.51.100.1:443',
      '[2001:db8::1]:443',
      `198.51.100.1'; DROP TABLE users; --`,
      '<script>',
      '198.51.100.1\t198.51.100.2',
      ',,,',
      '%00',
    ]) {
      const client = { forwardedFor: `192.0.2.1, ${garbage}, ${OUTER_PROXY}` };
      expect([garbage, await seenAddress(proxied, client)]).toEqual([garbage, OUTER_PROXY]);
    }
  });

  it('H4 is well defined with 10 KB of hops', async () => {
    const long = (hop: string): string => `${hop}, `.repeat(Math.floor(10_240 / (hop.length + 2)));
    expect(await seenAddress(proxied, { forwardedFor: `${long('192.0.2.1')}198.51.100.1` })).toBe(
      '198.51.100.1',
    );
    const trusted = await seenAddress(proxied, {
      forwardedFor: `${long(OUTER_PROXY)}${OUTER_PROXY}`,
    });
    expect(trusted).toBe(OUTER_PROXY);
    const blanks = { forwardedFor: `198.51.100.1,${' '.repeat(10_000)}${OUTER_PROXY}` };
    expect(await seenAddress(proxied, blanks)).toBe('198.51.100.1');
    const [answer] = await exchange(
      proxied.url,
      `GET /auth/session HTTP/1.1\r\nHost: localhost\r\nX-Forwarded-For: ${long('192.0.2.1').repeat(10)}\r\n\r\n`,
    );
    expect(answer?.status).toBe(431);
  });
});

describe('a client with many addresses', () => {
  it('H5 is one, from 100 addresses of one /64', async () => {
    const clients = rotating(100, (index) => `2001:db8:1:2:${(index * 600).toString(16)}::1`);
    expect(await acceptedOf(proxied, clients)).toBe(LIMIT);
  });

  it('H6 is one, as IPv4 and as IPv4-mapped IPv6', async () => {
    const clients = forwarded(
      '198.51.100.1',
      '::ffff:198.51.100.1',
      '::FFFF:198.51.100.1',
      '::ffff:c633:6401',
      '0:0:0:0:0:ffff:198.51.100.1',
    );
    expect(await acceptedOf(proxied, clients)).toBe(LIMIT);
    for (const client of clients) expect(await seenAddress(proxied, client)).toBe('198.51.100.1');
  });

  it('H7 is one, however the address is spelled', async () => {
    const clients = forwarded(
      '2001:db8:1:2::1',
      '2001:0DB8:0001:0002:0000:0000:0000:0001',
      '2001:db8:1:2:0::0.0.0.1',
      '2001:db8:1:2::1%eth0',
      ' 2001:db8:1:2::1 ',
    );
    expect(await acceptedOf(proxied, clients)).toBe(LIMIT);
    for (const client of clients) {
      expect(await seenAddress(proxied, client)).toBe('2001:db8:1:2::1');
    }
  });
});

describe('the mailed link', () => {
  const newestMail = async (email: string): Promise<string> =>
    waitFor(
      `the mail to ${email}`,
      () => proxied.mailbox.list().find(({ to }) => to === email)?.text,
    );

  it('H8 keeps the configured origin, whatever the request says of host and protocol', async () => {
    const body = (email: string): string => JSON.stringify({ email });
    const raw = (email: string, target: string, headers: string[]): string =>
      [
        `POST ${target} HTTP/1.1`,
        ...headers,
        'Content-Type: application/json',
        `Content-Length: ${body(email).length.toString()}`,
        'Connection: close',
        '',
        body(email),
      ].join('\r\n');
    const path = '/auth/magic-link/request';
    const attempts: [string, string, string[]][] = [
      ['host', path, ['Host: attacker.example.net']],
      ['port', path, ['Host: localhost:3000@attacker.example.net']],
      [
        'forwarded',
        path,
        [
          'Host: localhost',
          'X-Forwarded-Host: attacker.example.net',
          'X-Forwarded-Proto: https',
          'X-Forwarded-Port: 8443',
          'X-Forwarded-Prefix: /attacker',
          'Forwarded: host=attacker.example.net;proto=https',
          'X-Original-URL: /attacker',
          'X-Rewrite-URL: /attacker',
        ],
      ],
      ['absolute', `http://attacker.example.net${path}`, ['Host: localhost']],
      ['two-hosts', path, ['Host: localhost', 'Host: attacker.example.net']],
    ];
    for (const [name, target, headers] of attempts) {
      await proxied.sql('TRUNCATE rate_limits');
      const email = `${name}@example.com`;
      const [answer] = await exchange(proxied.url, raw(email, target, headers));
      if (name === 'two-hosts') {
        expect([name, answer?.status]).toEqual([name, 400]);
        continue;
      }
      expect([name, answer?.status]).toEqual([name, 200]);
      const text = await newestMail(email);
      expect(text).not.toMatch(/attacker/);
      expect(new Set(text.match(/https?:\/\/[^/\s]+/g))).toEqual(new Set([TEST_PUBLIC_URL]));
    }
  });

  it('H9 is bound to the true address, whatever other headers claim', async () => {
    const headers = Object.fromEntries(
      [
        'X-Real-IP',
        'CF-Connecting-IP',
        'True-Client-IP',
        'X-Client-IP',
        'X-Cluster-Client-IP',
        'Fastly-Client-IP',
        'X-Original-Forwarded-For',
        'X-ProxyUser-Ip',
      ].map((name) => [name, '192.0.2.1']),
    );
    headers['Forwarded'] = 'for=192.0.2.1';
    expect(await seenAddress(proxied, { headers, forwardedFor: '198.51.100.1' })).toBe(
      '198.51.100.1',
    );
    expect(await seenAddress(proxied, { headers })).toBe('127.0.0.1');
    expect(await seenAddress(direct, { headers, forwardedFor: '198.51.100.1' })).toBe('127.0.0.1');
  });
});

it('H10 a user agent that is absent, empty, strange or long is well defined', async () => {
  const raw = (userAgent: string | undefined): string => {
    const body = JSON.stringify({ email: `agent-${(victims += 1).toString()}@example.com` });
    return [
      'POST /auth/magic-link/request HTTP/1.1',
      'Host: localhost',
      ...(userAgent === undefined ? [] : [`User-Agent: ${userAgent}`]),
      'Content-Type: application/json',
      `Content-Length: ${body.length.toString()}`,
      'Connection: close',
      '',
      body,
    ].join('\r\n');
  };
  for (const [userAgent, status] of [
    [undefined, 200],
    ['', 200],
    ['Gerät/1.0 \x80\xff', 200],
    ['x'.repeat(14 * 1_024), 200],
    ['x'.repeat(16 * 1_024), 431],
  ] as const) {
    await proxied.sql('TRUNCATE rate_limits');
    const [answer] = await exchange(proxied.url, Buffer.from(raw(userAgent), 'latin1'));
    expect([userAgent?.length, answer?.status]).toEqual([userAgent?.length, status]);
  }
  // Absent and empty are the same, and a link asked for without one opens without one.
  for (const userAgent of ['', 'x'.repeat(10 * 1_024)]) {
    const client = { userAgent, forwardedFor: '198.51.100.9' };
    const [link] = await requestLinks(proxied, [{ email: 'agent@example.com', ...client }]);
    expect((await proxied.verify(link!.token, client)).status).toBe(200);
  }
});

it('H11 an Origin that only resembles the configured one is refused', async () => {
  for (const origin of [
    'null',
    '',
    'http://localhost:3000.example.net',
    'http://example.net/http://localhost:3000',
    'http://localhost',
    'http://localhost:30000',
    'http://localhost:3000/',
    'http://LOCALHOST:3000',
    'HTTP://localhost:3000',
    'https://localhost:3000',
    'http://user@localhost:3000',
    'http://localhost:3000@example.net',
    'http://127.0.0.1:3000',
    'http://[::1]:3000',
    'http://localhost.:3000',
    'http://sub.localhost:3000',
    'http://localhost:3000, http://localhost:3000',
    'file://',
  ]) {
    const response = await ask(proxied, { headers: { Origin: origin } });
    expect([origin, response.body.code]).toEqual([origin, 'origin_forbidden']);
    expectProblem(response, 'origin_forbidden');
    expect(response.headers).not.toHaveProperty('access-control-allow-origin');
  }
  expect((await ask(proxied, { headers: { Origin: TEST_PUBLIC_URL } })).status).toBe(200);
});

watch.defineAftermath();
