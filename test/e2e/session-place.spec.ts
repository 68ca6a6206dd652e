import { BEHIND_PROXY } from '../support/http/client';
import { HostModule } from '../support/http/guarded-route';
import { CHROME_143 } from '../support/http/user-agents';
import { WebBrowser } from '../support/sign-in/web-browser';
import { startTestService, type TestService } from '../support/test-service';
import { waitFor } from '../support/wait-for';

let service: TestService;

beforeAll(async () => {
  service = await startTestService({
    // Uses are written twenty times within the idle time, and so every second and a half.
    options: { ...BEHIND_PROXY, session: { idleTimeoutSeconds: 30 } },
    imports: [HostModule],
  });
});

afterAll(() => service.stop());

const FIRST = '192.0.2.10';
const NEXT = '203.0.113.50';

interface Place {
  readonly ip_address: string;
  readonly last_ip_address: string;
  readonly last_user_agent: string;
}

const storedPlace = async (sessionId: string): Promise<Place> => {
  const [row] = await service.sql<Place>(
    `SELECT host(ip_address) AS ip_address, host(last_ip_address) AS last_ip_address,
            last_user_agent
       FROM user_sessions WHERE id = $1`,
    [sessionId],
  );
  if (row === undefined) throw new Error('there is no such session');
  return row;
};

/** Waits until the use from an address is written down. */
const written = (sessionId: string, ipAddress: string): Promise<Place> =>
  waitFor(`the use from ${ipAddress}`, async () => {
    const place = await storedPlace(sessionId);
    return place.last_ip_address === ipAddress ? place : undefined;
  });

const changesOf = (sessionId: string): Promise<{ ip_address: string }[]> =>
  service.sql(
    `SELECT host(personal.ip_address) AS ip_address
       FROM security_events event
       JOIN security_event_personal personal ON personal.event_id = event.id
      WHERE event.type = 'session.network_changed' AND event.session_id = $1 ORDER BY event.seq`,
    [sessionId],
  );

describe('Where a session is', () => {
  it('is shown beside where it was opened, at once for the one that asks', async () => {
    const [browser, other] = [await WebBrowser.open(service), await WebBrowser.open(service)];
    const { sessionId } = await browser.signIn('place@example.com');
    await other.signIn('place@example.com');
    browser.network = NEXT;
    browser.userAgent = CHROME_143;
    const place = { ip_address: FIRST, last_ip_address: NEXT, last_user_agent: CHROME_143 };
    expect((await browser.get('/auth/session')).body).toMatchObject({ session: place });
    const { body } = await browser.get('/auth/sessions');
    expect((body as { sessions: object[] }).sessions).toContainEqual(
      expect.objectContaining({ id: sessionId, ...place }),
    );

    await written(sessionId, NEXT);
    const elsewhere = await other.get('/auth/sessions');
    expect((elsewhere.body as { sessions: object[] }).sessions).toContainEqual(
      expect.objectContaining({ id: sessionId, ...place }),
    );
  });

  it('follows uses that are answered from memory', async () => {
    const browser = await WebBrowser.open(service);
    const { sessionId } = await browser.signIn('memory@example.com');
    await browser.get('/host/who');
    browser.network = NEXT;
    await browser.get('/host/who');
    await written(sessionId, NEXT);
  });

  it('makes one event in a new network, and at most one an hour', async () => {
    const browser = await WebBrowser.open(service);
    const { sessionId } = await browser.signIn('events@example.com');
    for (const network of ['192.0.2.99', NEXT, '198.51.100.1', NEXT]) {
      browser.network = network;
      await browser.get('/auth/session');
      await written(sessionId, network);
    }
    // Not for the /24 that it was opened in.
    expect(await changesOf(sessionId)).toEqual([{ ip_address: NEXT }]);

    await service.sql(
      `UPDATE user_sessions SET network_changed_at = now() - interval '61 minutes' WHERE id = $1`,
      [sessionId],
    );
    browser.network = '198.51.100.2';
    await browser.get('/auth/session');
    await written(sessionId, '198.51.100.2');
    expect(await changesOf(sessionId)).toHaveLength(2);
  });

  it('makes its event also where the owner uses it in between', async () => {
    const browser = await WebBrowser.open(service);
    const { sessionId } = await browser.signIn('in-between@example.com');
    browser.network = NEXT;
    await browser.get('/host/who');
    browser.network = FIRST;
    await browser.get('/host/who');
    await waitFor('the event', async () =>
      (await changesOf(sessionId)).length > 0 ? true : undefined,
    );
    expect(await changesOf(sessionId)).toEqual([{ ip_address: NEXT }]);
    expect((await storedPlace(sessionId)).last_ip_address).toBe(FIRST);
  });

  it('makes no event when it returns to where it was opened', async () => {
    const browser = await WebBrowser.open(service);
    const { sessionId } = await browser.signIn('returns@example.com');
    await service.sql('UPDATE user_sessions SET last_ip_address = $2 WHERE id = $1', [
      sessionId,
      NEXT,
    ]);
    await browser.get('/auth/session');
    await written(sessionId, FIRST);
    expect(await changesOf(sessionId)).toEqual([]);
  });

  it('keeps the device known for as long as the session is used', async () => {
    const browser = await WebBrowser.open(service);
    const { userId, sessionId } = await browser.signIn('used@example.com');
    await service.sql(
      `UPDATE devices SET last_seen_at = now() - interval '80 days' WHERE user_id = $1`,
      [userId],
    );
    browser.network = NEXT;
    await browser.get('/auth/session');
    await written(sessionId, NEXT);
    const [device] = await service.sql(
      `SELECT last_seen_at > now() - interval '1 minute' AS is_recent FROM devices
        WHERE user_id = $1`,
      [userId],
    );
    expect(device).toEqual({ is_recent: true });
  });
});

describe('Whoever signs up under the address of a deleted user', () => {
  it('sees nothing of before', async () => {
    const email = 'deleted@example.com';
    const before = await WebBrowser.open(service);
    const { userId } = await before.signIn(email, { remember: true });
    await before.post('/auth/magic-link/verify', { token: 'no-token-at-all' });
    await before.ask(email);
    await service.sql('DELETE FROM users WHERE id = $1', [userId]);

    const after = await WebBrowser.open(service);
    const signedIn = await after.signIn(email);
    expect(signedIn.userId).not.toBe(userId);
    const { body } = await after.get('/auth/events?limit=100');
    const types = (body as { events: { type: string }[] }).events.map(({ type }) => type);
    expect(types.sort()).toEqual([
      'magic_link.requested',
      'session.created',
      'sign_in.succeeded',
      'user.created',
    ]);
    const { body: list } = await after.get('/auth/sessions');
    expect((list as { sessions: object[] }).sessions).toHaveLength(1);
    const devices = await service.sql('SELECT FROM devices WHERE user_id = $1', [userId]);
    expect(devices).toEqual([]);
  });
});
