import type { Response } from 'supertest';

import { BEHIND_PROXY } from '../support/http/client';
import { FIREFOX } from '../support/http/user-agents';
import { expectProblem } from '../support/problem';
import { WebBrowser } from '../support/sign-in/web-browser';
import { startTestService, type TestService } from '../support/test-service';

let service: TestService;

beforeAll(async () => {
  service = await startTestService({
    options: { ...BEHIND_PROXY, routeLimit: { limit: 3, windowSeconds: 60 } },
  });
});

afterAll(() => service.stop());

const cleared = (response: Response): boolean =>
  ((response.headers['set-cookie'] ?? []) as unknown as string[]).some((cookie) =>
    /^mira_session=;.*Max-Age=0/.test(cookie),
  );

const endOf = async (sessionId: string): Promise<object | undefined> => {
  const [row] = await service.sql(
    'SELECT is_active, revoked_reason FROM user_sessions WHERE id = $1',
    [sessionId],
  );
  return row;
};

const LOGGED_OUT = { is_active: false, revoked_reason: 'logout' };

describe('O5 logging out', () => {
  it.each<[string, (browser: WebBrowser, sessionId: string) => unknown]>([
    [
      'from another network and browser',
      (browser) => {
        browser.network = '203.0.113.5';
        browser.userAgent = FIREFOX;
      },
    ],
    ['without the device’s secret', (browser) => browser.cookies.delete('mira_device')],
    [
      'of a session past its time',
      async (_browser, id) =>
        service.sql(
          `UPDATE user_sessions SET expires_at = now() - interval '1 day' WHERE id = $1`,
          [id],
        ),
    ],
  ])('%s ends the session and clears the cookie', async (_name, change) => {
    const browser = await WebBrowser.open(service);
    const { sessionId } = await browser.signIn('leaves@example.com');
    await change(browser, sessionId);
    const response = await browser.post('/auth/logout');
    expect([response.status, cleared(response)]).toEqual([204, true]);
    expect(await endOf(sessionId)).toEqual(LOGGED_OUT);
    const events = await service.sql(
      `SELECT type FROM security_events WHERE session_id = $1 AND type LIKE 'session.%' ORDER BY seq`,
      [sessionId],
    );
    expect(events).toEqual([{ type: 'session.created' }, { type: 'session.logged_out' }]);
  });

  it('of a session that has ended answers 204, changes nothing more, and clears the cookie', async () => {
    const browser = await WebBrowser.open(service);
    const { sessionId } = await browser.signIn('twice@example.com');
    const copy = new WebBrowser(service, browser.cookies);
    await browser.post('/auth/logout');
    const response = await copy.post('/auth/logout');
    expect([response.status, cleared(response)]).toEqual([204, true]);
    const events = await service.sql(
      `SELECT FROM security_events WHERE session_id = $1 AND type = 'session.logged_out'`,
      [sessionId],
    );
    expect(events).toHaveLength(1);
  });

  it('of a session whose row is gone answers 204', async () => {
    const browser = await WebBrowser.open(service);
    const { sessionId } = await browser.signIn('cleaned-up@example.com');
    await service.sql('DELETE FROM user_sessions WHERE id = $1', [sessionId]);
    const response = await browser.post('/auth/logout');
    expect([response.status, cleared(response)]).toEqual([204, true]);
  });

  it('is refused only without a session token of ours, and clears what is there', async () => {
    const browser = await WebBrowser.open(service);
    expectProblem(await browser.post('/auth/logout'), 'session_missing');
    browser.cookies.set('mira_session', `${'a'.repeat(40)}.${'b'.repeat(40)}.${'c'.repeat(43)}`);
    const response = await browser.post('/auth/logout');
    expectProblem(response, 'session_invalid');
    expect(cleared(response)).toBe(true);
  });

  it('reads no device, so that nothing about it can be wrong', async () => {
    const { headers, sessionId } = await service.signIn('odd-device@example.com');
    const response = await service.http
      .post('/auth/logout')
      .set({ ...headers, 'X-Device-Fingerprint': 'x'.repeat(129) });
    expect(response.status).toBe(204);
    expect(await endOf(sessionId)).toEqual(LOGGED_OUT);
  });

  it('ends both sessions of a request that carries two', async () => {
    const browser = await WebBrowser.open(service);
    const inCookie = await browser.signIn('two-tokens@example.com');
    const bearer = await service.signIn('two-tokens@example.com', { userAgent: FIREFOX });
    const response = await browser.post(
      '/auth/logout',
      {},
      { Authorization: bearer.headers['Authorization'] ?? '' },
    );
    expect(response.status).toBe(204);
    expect(await endOf(inCookie.sessionId)).toEqual(LOGGED_OUT);
    expect(await endOf(bearer.sessionId)).toEqual(LOGGED_OUT);
  });

  it('counts towards no limit, nor does ending another session', async () => {
    const [here, there] = [await WebBrowser.open(service), await WebBrowser.open(service)];
    await here.signIn('no-limit@example.com');
    const { sessionId } = await there.signIn('no-limit@example.com');
    here.network = there.network = '198.51.100.200';
    for (let uses = 0; uses < 3; uses += 1) expect(await here.sessionStatus()).toBe(200);
    expect(await here.sessionStatus()).toBe(429);
    expect((await here.delete(`/auth/sessions/${sessionId}`)).status).toBe(204);
    expect((await here.delete('/auth/sessions')).status).toBe(200);
    expect((await here.post('/auth/logout')).status).toBe(204);
  });
});

describe('O18 a form of another site that posts to the logout route', () => {
  it.each([
    ['its origin', { Origin: 'https://evil.example' }],
    ['the browser’s word for where it comes from', { 'Sec-Fetch-Site': 'cross-site' }],
    ['a sandboxed frame', { Origin: 'null' }],
  ])('is refused by %s: nothing ends, nothing is cleared', async (_name, headers) => {
    const browser = await WebBrowser.open(service);
    const { sessionId } = await browser.signIn('stays@example.com');
    const response = await browser.post('/auth/logout', {}, headers);
    expectProblem(response, 'origin_forbidden');
    expect(response.headers).not.toHaveProperty('set-cookie');
    expect(await endOf(sessionId)).toEqual({ is_active: true, revoked_reason: null });
  });
});
