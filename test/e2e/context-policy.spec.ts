import type { Response } from 'supertest';

import type { ContextPolicy } from '../../src/config/context-policy-name';
import { SessionAuthenticator } from '../../src/session/authenticate/session-authenticator.service';
import { BEHIND_PROXY, type Client, headersOf } from '../support/http/client';
import { askHost, HostModule } from '../support/http/guarded-route';
import { FIREFOX, NEWER_FIREFOX, SAFARI } from '../support/http/user-agents';
import { privately } from '../support/privately';
import { expectProblem } from '../support/problem';
import type { SignedIn } from '../support/sign-in/sign-in-flow';
import { startTestService, type TestService } from '../support/test-service';
import { waitFor } from '../support/wait-for';

const POLICIES = ['exact', 'strict', 'balanced', 'observe'] as const;

const AT_HOME: Client = { userAgent: FIREFOX, forwardedFor: '192.0.2.10' };
const KNOWN_DEVICE: Client = { ...AT_HOME, fingerprint: 'device-1' };
const PROVEN_DEVICE: Client = { ...AT_HOME, fingerprint: `md1.${'a'.repeat(43)}` };
const AT_HOME_IPV6: Client = { ...AT_HOME, forwardedFor: '2001:db8:1:1::a' };

/** A change of context, and which policies let it pass. */
const CHANGES: readonly [name: string, from: Client, to: Client, allowedBy: string][] = [
  ['nothing', AT_HOME, AT_HOME, 'exact strict balanced observe'],
  ['to a fingerprint where there was none', AT_HOME, KNOWN_DEVICE, 'exact strict balanced observe'],
  [
    'to a neighbour address',
    AT_HOME,
    { ...AT_HOME, forwardedFor: '192.0.2.200' },
    'balanced observe',
  ],
  ['to another network', AT_HOME, { ...AT_HOME, forwardedFor: '198.51.100.1' }, 'observe'],
  [
    'to another network on the same device',
    KNOWN_DEVICE,
    { ...KNOWN_DEVICE, forwardedFor: '198.51.100.1' },
    'balanced observe',
  ],
  [
    'within an IPv6 /64',
    AT_HOME_IPV6,
    { ...AT_HOME, forwardedFor: '2001:db8:1:1:ffff::b' },
    'exact strict balanced observe',
  ],
  [
    'within an IPv6 /48',
    AT_HOME_IPV6,
    { ...AT_HOME, forwardedFor: '2001:db8:1:2::a' },
    'balanced observe',
  ],
  ['to another IPv6 /48', AT_HOME_IPV6, { ...AT_HOME, forwardedFor: '2001:db8:2::a' }, 'observe'],
  ['from IPv4 to IPv6', AT_HOME, AT_HOME_IPV6, 'observe'],
  [
    'from IPv4 to IPv6 on the same device',
    KNOWN_DEVICE,
    { ...AT_HOME_IPV6, fingerprint: 'device-1' },
    'balanced observe',
  ],
  [
    'between loopback addresses',
    { userAgent: FIREFOX },
    { userAgent: FIREFOX, forwardedFor: '::1' },
    'exact strict balanced observe',
  ],
  [
    'to a newer version of the browser',
    AT_HOME,
    { ...AT_HOME, userAgent: NEWER_FIREFOX },
    'balanced observe',
  ],
  ['to another browser', AT_HOME, { ...AT_HOME, userAgent: SAFARI }, 'observe'],
  ['to no user agent', AT_HOME, { forwardedFor: '192.0.2.10' }, 'observe'],
  ['to no fingerprint', KNOWN_DEVICE, AT_HOME, 'balanced observe'],
  ['to another fingerprint', KNOWN_DEVICE, { ...AT_HOME, fingerprint: 'device-2' }, 'observe'],
  ['nothing on a proven device', PROVEN_DEVICE, PROVEN_DEVICE, 'exact strict balanced observe'],
  [
    'to another network on a proven device',
    PROVEN_DEVICE,
    { ...PROVEN_DEVICE, forwardedFor: '198.51.100.1' },
    'strict balanced observe',
  ],
  [
    'within an IPv6 /64 on a proven device',
    { ...PROVEN_DEVICE, forwardedFor: '2001:db8:1:1::a' },
    { ...PROVEN_DEVICE, forwardedFor: '2001:db8:1:1:ffff::b' },
    'exact strict balanced observe',
  ],
  [
    'from IPv4 to IPv6 on a proven device',
    PROVEN_DEVICE,
    { ...PROVEN_DEVICE, forwardedFor: '2001:db8:1:1::a' },
    'strict balanced observe',
  ],
  [
    'to a newer version of the browser on a proven device',
    PROVEN_DEVICE,
    { ...PROVEN_DEVICE, userAgent: NEWER_FIREFOX },
    'strict balanced observe',
  ],
  [
    'to a newer version and another network on a proven device',
    PROVEN_DEVICE,
    { ...PROVEN_DEVICE, userAgent: NEWER_FIREFOX, forwardedFor: '198.51.100.1' },
    'strict balanced observe',
  ],
  [
    'to another browser on a proven device',
    PROVEN_DEVICE,
    { ...PROVEN_DEVICE, userAgent: SAFARI },
    'observe',
  ],
  ['from a proven device to none', PROVEN_DEVICE, AT_HOME, 'observe'],
  ['from a proven device to a fingerprint', PROVEN_DEVICE, KNOWN_DEVICE, 'observe'],
  [
    'from a proven device to another',
    PROVEN_DEVICE,
    { ...AT_HOME, fingerprint: `md1.${'b'.repeat(43)}` },
    'observe',
  ],
  [
    'from a proven device to its secret without its form',
    PROVEN_DEVICE,
    { ...AT_HOME, fingerprint: 'a'.repeat(43) },
    'observe',
  ],
  [
    'to a proven device where there was none',
    AT_HOME,
    PROVEN_DEVICE,
    'exact strict balanced observe',
  ],
];

/** Instances on one database that differ in nothing but their policy. */
const instances = new Map<ContextPolicy, TestService>();
let service: TestService;

const start = async (
  contextPolicy: ContextPolicy,
  sessionPolicy = contextPolicy,
): Promise<TestService> =>
  startTestService({
    ...(instances.size > 0 && { database: service.database, mailbox: service.mailbox }),
    imports: [HostModule],
    options: { ...BEHIND_PROXY, contextPolicy, session: { contextPolicy: sessionPolicy } },
  });

const under = (policy: ContextPolicy): TestService => instances.get(policy)!;

beforeAll(async () => {
  service = await start('strict');
  instances.set('strict', service);
  instances.set('exact', await start('exact'));
  instances.set('balanced', await start('balanced'));
  instances.set('observe', await start('observe'));
});

afterAll(async () => {
  // The first has made the database of all.
  for (const instance of [...instances.values()].reverse()) await instance.stop();
});

/** The session in the hands of a client other than the one that holds it. */
const headersAs = (session: SignedIn, client: Client): Record<string, string> => ({
  Authorization: session.headers['Authorization'] ?? '',
  ...headersOf(client),
});

/** Presents a session from a client other than the one that holds it. */
const present = async (
  session: SignedIn,
  client: Client,
  policy: ContextPolicy,
): Promise<Response> => under(policy).http.get('/auth/session').set(headersAs(session, client));

const expectAsPolicySays = (response: Response, isAllowed: boolean): void => {
  if (isAllowed) expect(response.status).toBe(200);
  else expectProblem(response, 'context_mismatch');
};

const eventsOf = async (session: SignedIn, type: string): Promise<object[]> =>
  service.sql(
    'SELECT reason, details FROM security_events WHERE session_id = $1 AND type = $2 ORDER BY seq',
    [session.sessionId, type],
  );

describe.each(CHANGES)('when the context changes %s', (_, from, to, allowedBy) => {
  it(`a link is taken under ${allowedBy} alone`, async () => {
    for (const policy of POLICIES) {
      const { token } = await under(policy).requestLink('change@example.com', from);
      const response = await under(policy).verify(token, to);
      expectAsPolicySays(response, allowedBy.includes(policy));
    }
  });

  it(`a session is taken under ${allowedBy} alone`, async () => {
    const session = await service.signIn('change@example.com', from);
    for (const policy of POLICIES) {
      expectAsPolicySays(await present(session, to, policy), allowedBy.includes(policy));
    }

    expect((await present(session, from, 'strict')).status).toBe(200);
  });
});

describe('a remembered device', () => {
  const elsewhere: Client = { ...KNOWN_DEVICE, forwardedFor: '198.51.100.1' };

  it('may do no more than others: that is about how long one stays signed in', async () => {
    const session = await service.signIn('roam@example.com', {
      ...KNOWN_DEVICE,
      rememberDevice: true,
    });
    expectProblem(await present(session, elsewhere, 'strict'), 'context_mismatch');
    const { token } = await service.requestLink('roam@example.com', KNOWN_DEVICE);
    expectProblem(await service.verify(token, elsewhere), 'context_mismatch');
  });

  it('is remembered as a digest', async () => {
    const digests = [];
    for (const email of ['owner@example.com', 'other@example.com']) {
      await service.signIn(email, { ...PROVEN_DEVICE, rememberDevice: true });
      const [row] = await service.sql<{ trusted: string[]; known: string[] }>(
        `SELECT trusted_device_ids AS trusted,
                ARRAY(SELECT digest FROM devices WHERE user_id = users.id) AS known
           FROM users WHERE email = $1`,
        [email],
      );
      expect(row!.known).toEqual([expect.stringMatching(/^[\w-]+\.[\w-]{43}$/)]);
      expect(row!.trusted).toEqual(row!.known);
      expect(row!.known[0]).not.toContain('a'.repeat(43));
      digests.push(row!.known[0]);
    }
    expect(new Set(digests).size).toBe(2);
  });
});

describe('what the first release has bound to a device', () => {
  const SECRET = 'c'.repeat(43);
  /** It took what its cookie held for a fingerprint, as an API client's header. */
  const DEVICE: Client = { ...AT_HOME, fingerprint: SECRET };
  const BROWSER: Client = { ...AT_HOME, headers: { Cookie: `mira_device=${SECRET}` } };

  const signInBefore = async (email: string, rememberDevice: boolean): Promise<SignedIn> => {
    const session = await service.signIn(email, { ...DEVICE, rememberDevice });
    await service.sql('UPDATE user_sessions SET device_kind = NULL WHERE id = $1', [
      session.sessionId,
    ]);
    return session;
  };

  const requestBefore = async (email: string): Promise<string> => {
    const { id, token } = await service.requestLink(email, DEVICE);
    await service.sql('UPDATE magic_links SET device_kind = NULL WHERE id = $1', [id]);
    return token;
  };

  const moved = (client: Client, forwardedFor: string): Client => ({ ...client, forwardedFor });

  it('may go to any network where it was remembered, even under strict', async () => {
    const session = await signInBefore('before.session@example.com', true);
    for (const client of [DEVICE, BROWSER]) {
      const elsewhere = moved(client, '198.51.100.1');
      expect((await present(session, elsewhere, 'strict')).status).toBe(200);
      const otherBrowser = { ...elsewhere, userAgent: SAFARI };
      expectProblem(await present(session, otherBrowser, 'strict'), 'context_mismatch');
    }
    const unknown = moved(AT_HOME, '198.51.100.1');
    expectProblem(await present(session, unknown, 'strict'), 'context_mismatch');
  });

  it('may change its address family where it was not, and nothing else', async () => {
    const session = await signInBefore('before.family@example.com', false);
    for (const client of [DEVICE, BROWSER]) {
      expect((await present(session, moved(client, '2001:db8::a'), 'strict')).status).toBe(200);
      const elsewhere = await present(session, moved(client, '198.51.100.1'), 'strict');
      expectProblem(elsewhere, 'context_mismatch');
    }
    expectProblem(
      await present(session, moved(DEVICE, '2001:db8::a'), 'exact'),
      'context_mismatch',
    );
  });

  it('opens from any network with a link that a remembered device has asked for', async () => {
    const email = 'before.link@example.com';
    await signInBefore(email, true);
    const [token, another] = [await requestBefore(email), await requestBefore(email)];
    const elsewhere = moved(BROWSER, '198.51.100.1');
    expectProblem(await service.verify(token, elsewhere), 'context_mismatch');
    await service.sql(
      `UPDATE users SET trusted_device_ids =
              ARRAY(SELECT device_fingerprint FROM magic_links WHERE email = $1 LIMIT 1)
        WHERE email = $1`,
      [email],
    );
    expect((await service.verify(another, elsewhere)).status).toBe(200);
  });
});

describe('a session that is refused for its context', () => {
  it('is told of in the trail, and lives on for its owner', async () => {
    const session = await service.signIn('told@example.com', KNOWN_DEVICE);
    const thief = { userAgent: SAFARI, forwardedFor: '198.51.100.1' };
    expectProblem(await present(session, thief, 'strict'), 'context_mismatch');

    expect(await eventsOf(session, 'session.refused')).toEqual([
      {
        reason: 'context_mismatch',
        details: { differences: ['network', 'user_agent', 'device_fingerprint'] },
      },
    ]);
    expect((await present(session, KNOWN_DEVICE, 'strict')).status).toBe(200);
  });

  describe('again and again', () => {
    const mismatches = async (session: SignedIn, count: number, client: Client): Promise<void> => {
      for (let number = 0; number < count; number += 1) {
        expectProblem(await present(session, client, 'strict'), 'context_mismatch');
      }
    };
    const thief: Client = { ...AT_HOME, userAgent: SAFARI };
    const nearby: Client = { ...AT_HOME, forwardedFor: '192.0.2.200' };

    it.each<[string, Client, Client]>([
      ['another browser', AT_HOME, thief],
      ['another fingerprint', KNOWN_DEVICE, { ...AT_HOME, fingerprint: 'device-2' }],
      ['no secret of its device', PROVEN_DEVICE, AT_HOME],
      [
        'the secret of another device',
        PROVEN_DEVICE,
        { ...AT_HOME, fingerprint: `md1.${'b'.repeat(43)}` },
      ],
    ])('ends at the fifth time within ten minutes, with %s', async (what, own, other) => {
      const session = await service.signIn(`five.${what.replaceAll(' ', '-')}@example.com`, own);
      await mismatches(session, 4, other);
      expect((await present(session, own, 'strict')).status).toBe(200);
      await mismatches(session, 1, other);

      expectProblem(await present(session, own, 'strict'), 'session_revoked');
      expectProblem(await present(session, other, 'strict'), 'session_revoked');
      expect(await eventsOf(session, 'session.revoked')).toEqual([
        { reason: 'context_mismatch', details: {} },
      ]);
    });

    it('lives on if the times are further apart', async () => {
      const session = await service.signIn('apart@example.com', AT_HOME);
      await mismatches(session, 4, thief);
      await service.sql(
        `UPDATE rate_limits
            SET accepted_at = ARRAY(SELECT t - interval '10 minutes'
                                      FROM unnest(accepted_at) AS t ORDER BY t)`,
      );
      await mismatches(session, 4, thief);
      expect((await present(session, AT_HOME, 'strict')).status).toBe(200);
    });

    it.each<[string, Client, Client]>([
      ['a neighbour address', AT_HOME, nearby],
      ['another network', AT_HOME, { ...AT_HOME, forwardedFor: '198.51.100.1' }],
      ['a newer version of the browser', AT_HOME, { ...AT_HOME, userAgent: NEWER_FIREFOX }],
      [
        'another network and the same fingerprint',
        KNOWN_DEVICE,
        { ...KNOWN_DEVICE, forwardedFor: '198.51.100.1' },
      ],
      ['the fingerprint left out', KNOWN_DEVICE, AT_HOME],
      ['the secret of its device', PROVEN_DEVICE, { ...PROVEN_DEVICE, userAgent: SAFARI }],
    ])('lives on with %s: it may be the owner', async (what, own, other) => {
      const session = await service.signIn(`on.${what.replaceAll(' ', '-')}@example.com`, own);
      await mismatches(session, 8, other);
      expect((await present(session, own, 'strict')).status).toBe(200);
      expect(await eventsOf(session, 'session.revoked')).toEqual([]);
    });

    it('is not told of without end', async () => {
      const session = await service.signIn('flood@example.com', AT_HOME);
      await mismatches(session, 12, nearby);
      expect(await eventsOf(session, 'session.refused')).toHaveLength(10);
    });

    it('costs no transaction once it is not told of any more', async () => {
      const session = await service.signIn('loop@example.com', AT_HOME);
      await mismatches(session, 12, nearby);
      // A row that was only locked tells so by xmax.
      const versions = (): Promise<object[]> =>
        service.sql('SELECT key, ctid, xmin, xmax FROM rate_limits ORDER BY key');
      const limiter = await versions();
      const answer = await askHost(service, { ...session, headers: headersAs(session, nearby) });
      expectProblem(answer, 'context_mismatch');
      expect(await versions()).toEqual(limiter);
    });
  });
});

describe('observe', () => {
  it('records what the others would have done with a session, once for each difference', async () => {
    const session = await service.signIn('watch@example.com', AT_HOME);
    const updated = { ...AT_HOME, userAgent: NEWER_FIREFOX };
    const elsewhere = { ...AT_HOME, forwardedFor: '198.51.100.1' };
    for (const client of [AT_HOME, updated, updated, elsewhere, AT_HOME]) {
      expect((await present(session, client, 'observe')).status).toBe(200);
    }

    expect(await eventsOf(session, 'session.context_observed')).toEqual([
      {
        reason: null,
        details: { differences: ['user_agent'], strict: 'refused', balanced: 'allowed' },
      },
      {
        reason: null,
        details: { differences: ['network'], strict: 'refused', balanced: 'refused' },
      },
    ]);
  });

  it('answers from memory what it has recorded', async () => {
    const watching = under('observe');
    const session = await service.signIn('known@example.com', AT_HOME);
    const moved = { ...AT_HOME, forwardedFor: '198.51.100.1' };
    const asked = { ...session, headers: headersAs(session, moved) };
    const { answered } = privately(watching.app, SessionAuthenticator);
    await waitFor('an answer from memory', async () => {
      const before = answered.fromMemory;
      expect((await askHost(watching, asked)).status).toBe(200);
      return answered.fromMemory > before ? true : undefined;
    });
    expect(await eventsOf(session, 'session.context_observed')).toHaveLength(1);
  });

  it('records with a sign-in what the others would have done with its link', async () => {
    const { token } = await under('observe').requestLink('seen@example.com', AT_HOME);
    const { body } = await under('observe').verify(token, { ...AT_HOME, userAgent: SAFARI });

    const details = await service.sql(
      `SELECT details FROM security_events WHERE session_id = $1 AND type = 'sign_in.succeeded'`,
      [body.session_id],
    );
    expect(details).toEqual([
      {
        details: {
          method: 'magic_link',
          context: { differences: ['user_agent'], strict: 'refused', balanced: 'refused' },
        },
      },
    ]);
  });

  it('never ends a session', async () => {
    const session = await service.signIn('calm@example.com', AT_HOME);
    for (let number = 0; number < 6; number += 1) {
      const response = await present(session, { ...AT_HOME, userAgent: SAFARI }, 'observe');
      expect(response.status).toBe(200);
    }
  });
});

it('can be one policy for links and another one for sessions', async () => {
  const mixed = await start('strict', 'observe');
  try {
    const session = await mixed.signIn('mixed@example.com', AT_HOME);
    const elsewhere = headersOf({ ...AT_HOME, forwardedFor: '198.51.100.1' });
    const response = await mixed.http
      .get('/auth/session')
      .set({ ...session.headers, ...elsewhere });
    expect(response.status).toBe(200);
    const { token } = await mixed.requestLink('mixed@example.com', AT_HOME);
    const refused = await mixed.verify(token, { headers: elsewhere });
    expectProblem(refused, 'context_mismatch');
  } finally {
    await mixed.stop();
  }
});
