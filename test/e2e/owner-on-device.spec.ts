import { randomBytes } from 'node:crypto';

import { expectInvariants } from '../support/attacks/invariants';
import { BEHIND_PROXY, type Client, headersOf } from '../support/http/client';
import {
  CHROME_142,
  CHROME_143,
  CHROME_AS_DESKTOP,
  CHROME_ON_ANDROID,
  FIREFOX,
} from '../support/http/user-agents';
import { expectProblem } from '../support/problem';
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

/** Everything that the trail and the outbox hold against somebody. */
async function held(userId: string): Promise<unknown[]> {
  return service.sql(
    `SELECT type FROM security_events
      WHERE user_id = $1 AND type IN ('session.refused', 'session.revoked')
     UNION ALL
     SELECT kind FROM mail_outbox WHERE user_id = $1`,
    [userId],
  );
}

const CHANGES: readonly [string, (browser: WebBrowser) => void][] = [
  ['O1 the next version of the browser', (browser) => (browser.userAgent = CHROME_143)],
  ['O2 the next network', (browser) => (browser.network = '203.0.113.77')],
  ['O2 the next family of addresses', (browser) => (browser.network = '2001:db8:7::7')],
  [
    'O3 the next version and network together',
    (browser) => {
      browser.userAgent = CHROME_143;
      browser.network = '203.0.113.78';
    },
  ],
];

describe.each(CHANGES)('%s, with the device cookie', (name, change) => {
  const email = `${name.replaceAll(/\W/g, '').toLowerCase()}@example.com`;

  it('lets a session go on, holds nothing against it, and mails nobody', async () => {
    const browser = await WebBrowser.open(service);
    const { userId } = await browser.signIn(`session-${email}`);
    change(browser);
    for (let uses = 0; uses < 6; uses += 1) expect(await browser.sessionStatus()).toBe(200);
    expect(await held(userId)).toEqual([]);
  });

  it('lets a link sign in, the first and every other time', async () => {
    const browser = await WebBrowser.open(service);
    for (let times = 0; times < 2; times += 1) {
      const { token } = await browser.ask(`link-${email}`);
      change(browser);
      expect((await browser.openLink(token)).status).toBe(200);
      browser.userAgent = CHROME_142;
      browser.network = '192.0.2.10';
    }
  });

  it('lets a code sign in', async () => {
    const browser = await WebBrowser.open(service);
    const { id, code } = await browser.ask(`code-${email}`);
    change(browser);
    expect((await browser.typeCode(id, code)).status).toBe(200);
  });
});

describe('An app with a secret of its own', () => {
  const app = (): Client => ({
    userAgent: CHROME_142,
    forwardedFor: '192.0.2.20',
    fingerprint: `md1.${randomBytes(32).toString('base64url')}`,
  });

  it('O3 keeps its session across versions and networks', async () => {
    const client = app();
    const { headers } = await service.signIn('app@example.com', client);
    const moved = { userAgent: CHROME_143, forwardedFor: '203.0.113.9' };
    const response = await service.http
      .get('/auth/session')
      .set({ ...headers, ...headersOf({ ...client, ...moved }) });
    expect(response.status).toBe(200);
  });

  it.each([
    ['with another secret', `md1.${'x'.repeat(43)}`],
    ['with something that only looks like one', `md1.${'x'.repeat(42)}`],
    ['with a fingerprint of one character', 'x'],
    ['with a fingerprint of 128 characters', 'x'.repeat(128)],
  ])('is refused %s', async (_name, fingerprint) => {
    const { headers } = await service.signIn('app-other@example.com', app());
    const response = await service.http
      .get('/auth/session')
      .set({ ...headers, 'X-Device-Fingerprint': fingerprint });
    expectProblem(response, 'context_mismatch');
  });

  it('is refused without its secret, and with the header sent twice', async () => {
    const { headers } = await service.signIn('app-none@example.com', app());
    const { 'X-Device-Fingerprint': secret, ...others } = headers;
    expectProblem(await service.http.get('/auth/session').set(others), 'context_mismatch');
    expectProblem(
      await service.http
        .get('/auth/session')
        .set({ ...others, 'X-Device-Fingerprint': `${secret ?? ''}, ${secret ?? ''}` }),
      'invalid_request',
    );
  });

  it('is judged by its header where it sends a cookie too', async () => {
    const browser = await WebBrowser.open(service);
    await browser.signIn('header-and-cookie@example.com');
    const response = await service.http
      .get('/auth/session')
      .set({ ...browser.headers, 'X-Device-Fingerprint': 'computed' });
    expectProblem(response, 'context_mismatch');
    expect(await browser.sessionStatus()).toBe(200);
  });
});

it('takes "request desktop site" with five parallel calls for no theft', async () => {
  const browser = await WebBrowser.open(service);
  browser.userAgent = CHROME_ON_ANDROID;
  const { userId } = await browser.signIn('desktop-site@example.com');
  browser.userAgent = CHROME_AS_DESKTOP;
  const answers = await Promise.all(Array.from({ length: 10 }, () => browser.get('/auth/session')));
  for (const answer of answers) expectProblem(answer, 'context_mismatch');
  browser.userAgent = CHROME_ON_ANDROID;
  expect(await browser.sessionStatus()).toBe(200);
  const mails = await service.sql('SELECT FROM mail_outbox WHERE user_id = $1', [userId]);
  expect(mails).toEqual([]);
});

describe('A thief', () => {
  it('with the session cookie alone is refused, and ends the session by trying', async () => {
    const browser = await WebBrowser.open(service);
    const { userId } = await browser.signIn('stolen-session@example.com');
    const session = browser.cookies.get('mira_session') ?? '';
    const thief = new WebBrowser(service, new Map([['mira_session', session]]));
    thief.network = '203.0.113.66';
    for (let tries = 0; tries < 5; tries += 1) {
      expectProblem(await thief.get('/auth/session'), 'context_mismatch');
    }
    expectProblem(await browser.get('/auth/session'), 'session_revoked');
    const [mail] = await service.sql<{ kind: string }>(
      'SELECT kind FROM mail_outbox WHERE user_id = $1',
      [userId],
    );
    expect(mail?.kind).toBe('session_ended');
  });

  it('with session and secret is refused in a browser of another family', async () => {
    const browser = await WebBrowser.open(service);
    await browser.signIn('stolen-jar@example.com');
    const thief = new WebBrowser(service, browser.cookies);
    thief.userAgent = FIREFOX;
    thief.network = '203.0.113.67';
    expectProblem(await thief.get('/auth/session'), 'context_mismatch');
  });
});
