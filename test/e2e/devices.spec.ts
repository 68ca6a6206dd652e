import { randomBytes } from 'node:crypto';

import { ContextDigests } from '../../src/context/context-digests.service';
import { expectInvariants } from '../support/attacks/invariants';
import { BEHIND_PROXY, type Client } from '../support/http/client';
import { CHROME_143, FIREFOX, NEWER_FIREFOX, SAFARI } from '../support/http/user-agents';
import { WebBrowser } from '../support/sign-in/web-browser';
import { startTestService, type TestService } from '../support/test-service';

let service: TestService;

beforeAll(async () => {
  service = await startTestService({ options: BEHIND_PROXY });
});

afterAll(async () => {
  await expectInvariants(service);
  await service.stop();
});

interface DeviceRow {
  readonly id: string;
  readonly is_known: boolean;
}

/** The devices of a user, in the order in which they were first seen. */
const devicesOf = (userId: string): Promise<DeviceRow[]> =>
  service.sql(
    `SELECT id, forgotten_at IS NULL AS is_known FROM devices
      WHERE user_id = $1 ORDER BY first_seen_at`,
    [userId],
  );

/** Whether the account knew the device of a session before that sign-in. */
async function wasKnown(sessionId: string): Promise<boolean | undefined> {
  const [row] = await service.sql<{ device_was_known: boolean }>(
    'SELECT device_was_known FROM user_sessions WHERE id = $1',
    [sessionId],
  );
  return row?.device_was_known;
}

/** How many mails about new sign-ins a user got. */
async function alarms(userId: string): Promise<number> {
  const rows = await service.sql(
    `SELECT FROM mail_outbox WHERE user_id = $1 AND kind = 'new_sign_in'`,
    [userId],
  );
  return rows.length;
}

const secret = (): string => randomBytes(32).toString('base64url');

/** A browser with a device secret of somebody's choice. */
const browserWith = (chosen: string): WebBrowser =>
  new WebBrowser(service, new Map([['mira_device', chosen]]));

describe('O16 a browser whose secret the account does not know', () => {
  it('gets a new one at its sign-in, to which the session is bound', async () => {
    const browser = await WebBrowser.open(service);
    const [planted] = browser.secrets;
    const { sessionId } = await browser.signIn('planted@example.com');
    expect(browser.secrets).toHaveLength(2);
    expect(browser.secrets[1]).toBe(planted);
    expect(await wasKnown(sessionId)).toBe(false);

    const session = browser.cookies.get('mira_session') ?? '';
    const thief = browserWith(planted ?? '');
    thief.cookies.set('mira_session', session);
    expect(await thief.sessionStatus()).toBe(401);
    expect(await browser.sessionStatus()).toBe(200);
  });

  it('keeps it from then on', async () => {
    const browser = await WebBrowser.open(service);
    await browser.signIn('keeps@example.com');
    const before = browser.secrets;
    const { sessionId, userId } = await browser.signIn('keeps@example.com');
    expect(browser.secrets).toEqual(before);
    expect([await wasKnown(sessionId), await alarms(userId)]).toEqual([true, 0]);
  });

  it.each<[string, (victim: WebBrowser) => WebBrowser]>([
    ['that was planted before the first sign-in', (victim) => browserWith(victim.secrets[1] ?? '')],
    ['that somebody has made up', () => browserWith(secret())],
    [
      'that looks like the digest of a computed fingerprint',
      () => browserWith(Buffer.alloc(32, 'fingerprint').toString('base64url')),
    ],
  ])('is not a known device by a secret %s', async (name, thiefOf) => {
    const email = `not-known-${name.length.toString()}@example.com`;
    const victim = await WebBrowser.open(service);
    await victim.signIn(email);
    const { sessionId, userId } = await thiefOf(victim).signIn(email);
    expect([await wasKnown(sessionId), await alarms(userId)]).toEqual([false, 1]);
  });

  it('is not known by a secret that another account knows', async () => {
    const browser = await WebBrowser.open(service);
    await browser.signIn('first-account@example.com');
    const copy = browserWith(browser.secrets[0] ?? '');
    const { sessionId } = await copy.signIn('second-account@example.com');
    expect(await wasKnown(sessionId)).toBe(false);
  });

  it('is not known by a fingerprint, however long it looks', async () => {
    const value = secret();
    const app: Client = { userAgent: FIREFOX, forwardedFor: '192.0.2.1', fingerprint: value };
    const { userId } = await service.signIn('computed@example.com', app);
    await service.signIn('computed@example.com', app);
    expect(await devicesOf(userId)).toEqual([]);
  });
});

describe('Two accounts in one browser', () => {
  it('do not make each other’s device unknown', async () => {
    const browser = await WebBrowser.open(service);
    await browser.signIn('work@example.com');
    await browser.signIn('home@example.com');
    const work = await browser.signIn('work@example.com');
    const home = await browser.signIn('home@example.com');
    expect([await wasKnown(work.sessionId), await wasKnown(home.sessionId)]).toEqual([true, true]);
    expect([await alarms(work.userId), await alarms(home.userId)]).toEqual([0, 0]);
  });

  it('cannot be told to share it from what is stored', async () => {
    const browser = await WebBrowser.open(service);
    const one = await browser.signIn('shared-one@example.com');
    const two = await browser.signIn('shared-two@example.com');
    const digests = await service.sql<{ digest: string }>(
      `SELECT digest FROM devices WHERE user_id = ANY ($1)
       UNION ALL SELECT device_secret FROM user_sessions WHERE user_id = ANY ($1)
       UNION ALL SELECT device_secret FROM magic_links WHERE user_id = ANY ($1)`,
      [[one.userId, two.userId]],
    );
    // A user's device and session share theirs; no digest is shared by two users or two tables else.
    expect(new Set(digests.map(({ digest }) => digest)).size).toBe(4);
    expect(digests).toHaveLength(6);
  });
});

it('An account that signs out each time does not push another out of a shared browser', async () => {
  const browser = await WebBrowser.open(service);
  await browser.signIn('stays-known@example.com', { remember: true });
  for (let times = 0; times < 5; times += 1) {
    await browser.signIn('signs-out@example.com');
    await browser.post('/auth/logout');
  }
  const { sessionId } = await browser.signIn('stays-known@example.com');
  expect(await wasKnown(sessionId)).toBe(true);
});

it('A device that was unused for 90 days becomes known anew by signing in', async () => {
  const app: Client = { userAgent: FIREFOX, fingerprint: `md1.${secret()}` };
  const { userId } = await service.signIn('after-90-days@example.com', app);
  await service.sql(
    `UPDATE devices SET last_seen_at = now() - interval '91 days' WHERE user_id = $1`,
    [userId],
  );
  await service.signIn('after-90-days@example.com', app);
  expect(await devicesOf(userId)).toEqual([expect.objectContaining({ is_known: true })]);
});

describe('A device is forgotten', () => {
  it('at sign-out where it was not remembered', async () => {
    const browser = await WebBrowser.open(service);
    const { userId } = await browser.signIn('kiosk@example.com');
    await browser.post('/auth/logout');
    expect(await devicesOf(userId)).toEqual([expect.objectContaining({ is_known: false })]);
    const { sessionId } = await browser.signIn('kiosk@example.com');
    expect(await wasKnown(sessionId)).toBe(false);
  });

  it('not at sign-out where it was remembered', async () => {
    const browser = await WebBrowser.open(service);
    await browser.signIn('remembered@example.com', { remember: true });
    await browser.post('/auth/logout');
    const { sessionId } = await browser.signIn('remembered@example.com');
    expect(await wasKnown(sessionId)).toBe(true);
  });

  it.each(['one', 'all others'])('when its session is ended from elsewhere: %s', async (which) => {
    const email = `ended-${which.slice(0, 3)}@example.com`;
    const [lost, here] = [await WebBrowser.open(service), await WebBrowser.open(service)];
    const { sessionId, userId } = await lost.signIn(email, { remember: true });
    await here.signIn(email);
    await here.delete(which === 'one' ? `/auth/sessions/${sessionId}` : '/auth/sessions');
    expect((await devicesOf(userId)).map(({ is_known: isKnown }) => isKnown)).toEqual([
      false,
      true,
    ]);
    const [user] = await service.sql<{ trusted: string[] }>(
      'SELECT trusted_device_ids AS trusted FROM users WHERE id = $1',
      [userId],
    );
    expect(user?.trusted).toHaveLength(1);
  });

  it('after 90 days without use, and not a day earlier', async () => {
    const browser = await WebBrowser.open(service);
    const { userId } = await browser.signIn('rarely@example.com', { remember: true });
    const unusedFor = (days: number): Promise<unknown> =>
      service.sql(
        `UPDATE devices SET last_seen_at = now() - make_interval(days => $2) WHERE user_id = $1`,
        [userId, days],
      );
    await unusedFor(89);
    expect(await wasKnown((await browser.signIn('rarely@example.com')).sessionId)).toBe(true);
    await unusedFor(90);
    expect(await wasKnown((await browser.signIn('rarely@example.com')).sessionId)).toBe(false);
  });

  it('when a 21st comes, and it was the one unused longest', async () => {
    const email = 'many@example.com';
    const browsers: WebBrowser[] = [];
    let userId = '';
    for (let count = 0; count < 21; count += 1) {
      const browser = await WebBrowser.open(service);
      ({ userId } = await browser.signIn(email, { remember: true }));
      browsers.push(browser);
    }
    expect(await devicesOf(userId)).toHaveLength(20);
    const oldest = await browsers[0]?.signIn(email);
    const newest = await browsers[20]?.signIn(email);
    expect(await wasKnown(oldest?.sessionId ?? '')).toBe(false);
    expect(await wasKnown(newest?.sessionId ?? '')).toBe(true);
  });
});

describe('The mail about a new sign-in', () => {
  it('goes out for an unknown device, and not for a known one elsewhere', async () => {
    const browser = await WebBrowser.open(service);
    const { userId } = await browser.signIn('commuter@example.com');
    for (const network of ['203.0.113.1', '198.51.100.1', '2001:db8:5::1']) {
      browser.network = network;
      browser.userAgent = CHROME_143;
      await browser.signIn('commuter@example.com');
    }
    expect(await alarms(userId)).toBe(0);
    await (await WebBrowser.open(service)).signIn('commuter@example.com');
    expect(await alarms(userId)).toBe(1);
  });

  it.each<[string, Partial<Client>, number]>([
    ['the same /24', { forwardedFor: '192.0.2.99' }, 0],
    ['the next version', { userAgent: NEWER_FIREFOX }, 0],
    ['another network', { forwardedFor: '203.0.113.1' }, 1],
    ['another family and system', { userAgent: SAFARI }, 1],
  ])('without a secret goes by network and kind of browser: %s', async (name, change, mails) => {
    const email = `no-secret-${name.replaceAll(/\W/g, '')}@example.com`;
    const client = { userAgent: FIREFOX, forwardedFor: '192.0.2.1' };
    const { userId } = await service.signIn(email, client);
    await service.signIn(email, { ...client, ...change });
    expect(await alarms(userId)).toBe(mails);
  });

  it('goes out once when a device that is known for less than a day ends others', async () => {
    const email = 'new-device-ends@example.com';
    const [old, fresh] = [await WebBrowser.open(service), await WebBrowser.open(service)];
    const { userId } = await old.signIn(email);
    await (await WebBrowser.open(service)).signIn(email);
    await fresh.signIn(email);
    await fresh.delete('/auth/sessions');
    const mails = await service.sql<{ kind: string }>(
      `SELECT kind FROM mail_outbox WHERE user_id = $1 AND kind <> 'new_sign_in'`,
      [userId],
    );
    expect(mails).toEqual([{ kind: 'sessions_ended_by_new_device' }]);
  });

  it('does not go out when a device that is known for a day ends others', async () => {
    const email = 'old-device-ends@example.com';
    const [here, there] = [await WebBrowser.open(service), await WebBrowser.open(service)];
    const { userId } = await here.signIn(email);
    await service.sql(
      `UPDATE devices SET first_seen_at = now() - interval '25 hours' WHERE user_id = $1`,
      [userId],
    );
    await there.signIn(email);
    await here.delete('/auth/sessions');
    const mails = await service.sql(
      `SELECT FROM mail_outbox WHERE user_id = $1 AND kind = 'sessions_ended_by_new_device'`,
      [userId],
    );
    expect(mails).toEqual([]);
  });
});

describe('A device that the first release knew', () => {
  /** What the first release stored of a browser with that cookie. */
  async function makeOfFirstRelease(browser: WebBrowser, sessionId: string): Promise<void> {
    const digest = service.app
      .get(ContextDigests, { strict: false })
      .fingerprint(browser.secrets[0] ?? '');
    await service.sql(
      `UPDATE devices SET digest = $2
        WHERE id = (SELECT device_id FROM user_sessions WHERE id = $1)`,
      [sessionId, digest],
    );
  }

  it('stays known, gets a secret of its own, and is not mailed about', async () => {
    const browser = await WebBrowser.open(service);
    const first = await browser.signIn('of-before@example.com', { remember: true });
    await makeOfFirstRelease(browser, first.sessionId);
    const [former] = browser.secrets;
    const second = await browser.signIn('of-before@example.com');
    expect([await wasKnown(second.sessionId), await alarms(second.userId)]).toEqual([true, 0]);
    expect(browser.secrets[0]).not.toBe(former);
    expect(await devicesOf(second.userId)).toHaveLength(1);

    const third = await browserWith(former ?? '').signIn('of-before@example.com');
    expect(await wasKnown(third.sessionId)).toBe(false);
  });
});

describe('The numbers of known devices are options', () => {
  let strict: TestService;

  beforeAll(async () => {
    strict = await startTestService({
      options: {
        ...BEHIND_PROXY,
        session: {
          knownDeviceSeconds: 86_400,
          maxDevicesPerUser: 1,
          mismatchLimit: { limit: 1, windowSeconds: 60 },
        },
      },
    });
  });

  afterAll(() => strict.stop());

  const isKnown = async (sessionId: string): Promise<boolean | undefined> => {
    const [row] = await strict.sql<{ device_was_known: boolean }>(
      'SELECT device_was_known FROM user_sessions WHERE id = $1',
      [sessionId],
    );
    return row?.device_was_known;
  };

  it('for how long one is known', async () => {
    const browser = await WebBrowser.open(strict);
    const { userId } = await browser.signIn('a-day@example.com');
    await strict.sql(
      `UPDATE devices SET last_seen_at = now() - interval '25 hours' WHERE user_id = $1`,
      [userId],
    );
    expect(await isKnown((await browser.signIn('a-day@example.com')).sessionId)).toBe(false);
  });

  it('how many there are', async () => {
    const [first, second] = [await WebBrowser.open(strict), await WebBrowser.open(strict)];
    await first.signIn('only-one@example.com');
    await second.signIn('only-one@example.com');
    expect(await isKnown((await first.signIn('only-one@example.com')).sessionId)).toBe(false);
  });

  it('how many suspicious mismatches end a session', async () => {
    const browser = await WebBrowser.open(strict);
    await browser.signIn('at-once@example.com');
    const thief = new WebBrowser(strict, browser.cookies);
    thief.cookies.delete('mira_device');
    expect(await thief.sessionStatus()).toBe(401);
    const answer = await browser.get('/auth/session');
    expect((answer.body as { code: string }).code).toBe('session_revoked');
  });
});
