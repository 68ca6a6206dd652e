import { randomBytes } from 'node:crypto';

import type { Response } from 'supertest';

import { expectInvariants } from '../support/attacks/invariants';
import { BEHIND_PROXY, type Client } from '../support/http/client';
import { FIREFOX } from '../support/http/user-agents';
import { expectProblem } from '../support/problem';
import type { SignedIn } from '../support/sign-in/sign-in-flow';
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

const sessionsOf = async (browser: WebBrowser): Promise<string[]> => {
  const { body } = await browser.get('/auth/sessions');
  return (body as { sessions: { id: string }[] }).sessions.map(({ id }) => id);
};

const askAs = ({ headers }: SignedIn): Promise<Response> =>
  service.http.get('/auth/session').set(headers);

describe('O4 signing in again in the same browser', () => {
  it('ends the session of before, so that the browser is one entry in the list', async () => {
    const browser = await WebBrowser.open(service);
    const first = await browser.signIn('again@example.com');
    const copy = new WebBrowser(service, browser.cookies);
    const second = await browser.signIn('again@example.com');
    const third = await browser.signIn('again@example.com');

    expect(await sessionsOf(browser)).toEqual([third.sessionId]);
    expectProblem(await copy.get('/auth/session'), 'session_revoked');
    const rows = await service.sql<{ id: string; revoked_reason: string }>(
      'SELECT id, revoked_reason FROM user_sessions WHERE id = ANY ($1) ORDER BY created_at, id',
      [[first.sessionId, second.sessionId]],
    );
    expect(rows.map((row) => row.revoked_reason)).toEqual(['replaced', 'replaced']);
  });

  it('is one event, which names what was replaced', async () => {
    const browser = await WebBrowser.open(service);
    const first = await browser.signIn('detail@example.com');
    const second = await browser.signIn('detail@example.com');
    const events = await service.sql<{ type: string; details: object }>(
      `SELECT type, details FROM security_events
        WHERE session_id = ANY ($1) AND type <> 'sign_in.succeeded' ORDER BY seq`,
      [[first.sessionId, second.sessionId]],
    );
    expect(events.map(({ type }) => type)).toEqual(['session.created', 'session.created']);
    expect(events[1]?.details).toMatchObject({ replaced: [first.sessionId] });
    expect(events[0]?.details).not.toHaveProperty('replaced');
  });

  it('as another person ends the session of the one before', async () => {
    const browser = await WebBrowser.open(service);
    const ada = await browser.signIn('ada@example.com');
    const copy = new WebBrowser(service, browser.cookies);
    const bob = await browser.signIn('bob@example.com');
    expectProblem(await copy.get('/auth/session'), 'session_revoked');
    expect(await sessionsOf(browser)).toEqual([bob.sessionId]);
    expect(ada.userId).not.toBe(bob.userId);
  });

  it('leaves sessions in other browsers alone', async () => {
    const [laptop, phone] = [await WebBrowser.open(service), await WebBrowser.open(service)];
    await laptop.signIn('two-devices@example.com');
    await phone.signIn('two-devices@example.com');
    await laptop.signIn('two-devices@example.com');
    expect([await laptop.sessionStatus(), await phone.sessionStatus()]).toEqual([200, 200]);
    expect(await sessionsOf(phone)).toHaveLength(2);
  });

  it('ends the session of before also where only the device tells of it', async () => {
    const browser = await WebBrowser.open(service);
    const first = await browser.signIn('lost-cookie@example.com', { remember: true });
    browser.cookies.delete('mira_session');
    const second = await browser.signIn('lost-cookie@example.com');
    expect(await sessionsOf(browser)).toEqual([second.sessionId]);
    expect(first.sessionId).not.toBe(second.sessionId);
  });
});

describe('O4 a sign-in with a bearer token', () => {
  const client = (): Client => ({
    userAgent: FIREFOX,
    forwardedFor: '192.0.2.30',
    fingerprint: `md1.${randomBytes(32).toString('base64url')}`,
  });

  const signInWith = async (email: string, session: SignedIn): Promise<void> => {
    const { Authorization } = session.headers;
    const { token } = await service.requestLink(email, { userAgent: FIREFOX });
    const answer = await service.verify(token, {
      userAgent: FIREFOX,
      headers: { Authorization: Authorization ?? '' },
    });
    expect(answer.status).toBe(200);
  };

  it('ends that session if it is the same user’s', async () => {
    const before = await service.signIn('bearer@example.com', { userAgent: FIREFOX });
    await signInWith('bearer@example.com', before);
    expectProblem(await askAs(before), 'session_revoked');
  });

  it('leaves it alone if it is somebody else’s', async () => {
    const other = await service.signIn('bearer-other@example.com', { userAgent: FIREFOX });
    await signInWith('bearer-thief@example.com', other);
    expect((await askAs(other)).status).toBe(200);
  });

  it('ends older sessions of the same app', async () => {
    const app = client();
    const first = await service.signIn('bearer-app@example.com', app);
    const second = await service.signIn('bearer-app@example.com', app);
    expectProblem(await askAs(first), 'session_revoked');
    expect((await askAs(second)).status).toBe(200);
  });

  it.each([
    [
      'that is dead',
      async () => {
        const dead = await service.signIn('bearer-dead@example.com');
        await service.http.post('/auth/logout').set(dead.headers);
        return dead.headers['Authorization'] ?? '';
      },
    ],
    ['that is foreign', async () => `Bearer ${'a'.repeat(40)}.${'b'.repeat(40)}.${'c'.repeat(43)}`],
    ['without a form', async () => 'Bearer '],
  ])('ignores a token %s', async (_name, authorization) => {
    const { token } = await service.requestLink('bearer-ignored@example.com');
    const headers = { Authorization: await authorization() };
    expect((await service.verify(token, { headers })).status).toBe(200);
  });
});

describe('A page that shows somebody', () => {
  const shows = (sessionId: string): Record<string, string> => ({ 'X-Session-Id': sessionId });

  it('changes nothing of another account that has signed in since', async () => {
    const browser = await WebBrowser.open(service);
    const stale = await browser.signIn('stale@example.com');
    const elsewhere = await WebBrowser.open(service);
    const other = await elsewhere.signIn('current@example.com');
    const current = await browser.signIn('current@example.com');

    for (const answer of [
      await browser.delete('/auth/sessions', shows(stale.sessionId)),
      await browser.delete(`/auth/sessions/${other.sessionId}`, shows(stale.sessionId)),
      await browser.post('/auth/logout', {}, shows(stale.sessionId)),
    ]) {
      expectProblem(answer, 'session_changed');
      expect(answer.headers).not.toHaveProperty('set-cookie');
    }
    expect((await sessionsOf(browser)).sort()).toEqual([other.sessionId, current.sessionId].sort());

    const own = await browser.delete('/auth/sessions', shows(current.sessionId.toUpperCase()));
    expect(own.body).toEqual({ revoked: 1 });
  });

  it('does not sign in over a session that it does not show', async () => {
    const browser = await WebBrowser.open(service);
    const shown = await browser.signIn('shown@example.com');
    const current = await browser.signIn('in-between@example.com');
    const { token, id, code } = await browser.ask('next@example.com');
    const body = { token, transport: 'cookie' };
    expectProblem(
      await browser.post('/auth/magic-link/verify', body, shows(shown.sessionId)),
      'session_changed',
    );
    expectProblem(
      await browser.post(
        '/auth/magic-link/verify-code',
        { magic_link_id: id, code, transport: 'cookie' },
        shows('anything'),
      ),
      'session_changed',
    );
    expect(await browser.sessionStatus()).toBe(200);
    const answer = await browser.post('/auth/magic-link/verify', body, shows(current.sessionId));
    expect(answer.status).toBe(200);
  });

  it('may read for any session: it only says what it shows', async () => {
    const browser = await WebBrowser.open(service);
    await browser.signIn('reads@example.com');
    const answer = await service.http
      .get('/auth/session')
      .set({ ...browser.headers, ...shows('another') });
    expect(answer.status).toBe(200);
  });
});
