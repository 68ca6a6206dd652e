import type { Response } from 'supertest';

import { LinkReportTokens } from '../../src/magic-link/link-report-tokens.service';
import { expectInvariants } from '../support/attacks/invariants';
import { BEHIND_PROXY } from '../support/http/client';
import { FIREFOX } from '../support/http/user-agents';
import { expectProblem } from '../support/problem';
import { WebBrowser } from '../support/sign-in/web-browser';
import { startTestService, type TestService } from '../support/test-service';
import { waitFor } from '../support/wait-for';

let service: TestService;

beforeAll(async () => {
  service = await startTestService({ options: BEHIND_PROXY });
});

afterAll(async () => {
  await expectInvariants(service);
  await service.stop();
});

type Statement = 'not_requested' | 'code_was_asked_for' | 'not_my_sign_in';

/** The report token of the newest mail to an address with that subject. */
async function reportToken(email: string, subject = 'Sign in to MIRA Auth'): Promise<string> {
  const mail = await waitFor(`the mail "${subject}"`, () =>
    service.mailbox.list().find((one) => one.to === email && one.subject === subject),
  );
  const token = /#report=([\w-]+\.[\w-]+\.[\w-]+)/.exec(mail.text)?.[1];
  if (token === undefined) throw new Error('the mail has no report token');
  return token;
}

/** Somebody who reads mail on a device of their own, in a network of their own. */
function reader(): WebBrowser {
  const browser = new WebBrowser(service);
  browser.network = '203.0.113.200';
  browser.userAgent = FIREFOX;
  return browser;
}

const report = (browser: WebBrowser, token: string, statement: Statement): Promise<Response> =>
  browser.post('/auth/magic-link/report', { token, statement });

const undo = (browser: WebBrowser, token: string): Promise<Response> =>
  browser.post('/auth/magic-link/report/undo', { token });

/** How the mail of a link ended. */
const mailState = (linkId: string): Promise<string> =>
  waitFor('the mail to come to its end', async () => {
    const [row] = await service.sql<{ state: string }>(
      'SELECT state FROM mail_outbox WHERE magic_link_id = $1',
      [linkId],
    );
    return row?.state === 'pending' ? undefined : row?.state;
  });

/** Asks for a link without waiting for a mail; returns the link's id. */
async function askOnly(browser: WebBrowser, email: string): Promise<string> {
  const { body, status } = await browser.post('/auth/magic-link/request', { email });
  expect(status).toBe(200);
  return (body as { magic_link_id: string }).magic_link_id;
}

describe('O6 a mail scanner', () => {
  it('changes nothing without saying what happened', async () => {
    const browser = await WebBrowser.open(service);
    const { token } = await browser.ask('scanned@example.com');
    const scanner = reader();
    const reportOf = await reportToken('scanned@example.com');
    for (const body of [{ token: reportOf }, { token: reportOf, statement: '' }]) {
      expectProblem(await scanner.post('/auth/magic-link/report', body), 'invalid_request');
    }
    await scanner.post('/auth/magic-link/inspect', { token });
    expect((await browser.openLink(token)).status).toBe(200);
    expect(await mailState(await askOnly(browser, 'scanned@example.com'))).toBe('sent');
  });
});

describe('Reporting a link from the device that asked for it', () => {
  it.each<Statement>(['not_requested', 'code_was_asked_for'])(
    '%s ends that link and its code, and nothing else',
    async (statement) => {
      const email = `own-${statement.replaceAll('_', '-')}@example.com`;
      const browser = await WebBrowser.open(service);
      await browser.signIn(email);
      const other = await browser.ask(email);
      const { token } = await browser.ask(email);
      const answer = await report(browser, await reportToken(email), statement);
      expect(answer.status).toBe(200);
      expectProblem(await browser.openLink(token), 'link_used');
      expect(await browser.sessionStatus()).toBe(200);
      expect(await mailState(await askOnly(browser, email))).toBe('sent');
      expect((await browser.openLink(other.token)).status).toBe(200);
      const events = await service.sql(
        `SELECT reason, details FROM security_events
          WHERE type = 'magic_link.reported' AND reason = $1 AND details @> $2`,
        [statement, { from_requesting_device: true }],
      );
      expect(events.length).toBeGreaterThan(0);
    },
  );
});

describe('Reporting a link from elsewhere', () => {
  it('not_requested leaves a session on a device that the account knew before', async () => {
    const email = 'known-before@example.com';
    const browser = await WebBrowser.open(service);
    await browser.signIn(email);
    await browser.signIn(email);
    expect((await report(reader(), await reportToken(email), 'not_requested')).status).toBe(200);
    expect(await browser.sessionStatus()).toBe(200);
  });

  it('O16 not_requested ends a session on a device that was unknown, which stays unknown', async () => {
    const email = 'thief-reported@example.com';
    const owner = await WebBrowser.open(service);
    await owner.signIn(email);
    const thief = await WebBrowser.open(service);
    thief.network = '198.51.100.9';
    const { sessionId } = await thief.signIn(email);
    await report(reader(), await reportToken(email), 'not_requested');
    expectProblem(await thief.get('/auth/session'), 'session_revoked');
    expect(await owner.sessionStatus()).toBe(200);
    const [device] = await service.sql(
      `SELECT forgotten_at IS NOT NULL AS is_forgotten FROM devices
        WHERE id = (SELECT device_id FROM user_sessions WHERE id = $1)`,
      [sessionId],
    );
    expect(device).toEqual({ is_forgotten: true });
  });

  it('code_was_asked_for ends the session in any case, and forgets its device', async () => {
    const email = 'gave-the-code@example.com';
    const browser = await WebBrowser.open(service);
    const { userId } = await browser.signIn(email);
    await browser.signIn(email);
    await report(reader(), await reportToken(email), 'code_was_asked_for');
    expectProblem(await browser.get('/auth/session'), 'session_revoked');
    expect(
      await service.sql('SELECT FROM devices WHERE user_id = $1 AND forgotten_at IS NULL', [
        userId,
      ]),
    ).toEqual([]);
  });

  it('code_was_asked_for spares the session that is presented', async () => {
    const email = 'presented@example.com';
    const { token } = await service.requestLink(email, { userAgent: FIREFOX });
    const opened = await service.verify(token, { userAgent: FIREFOX });
    const { session_token: bearer } = opened.body as { session_token: string };
    const headers = { Authorization: `Bearer ${bearer}`, 'User-Agent': FIREFOX };
    const answer = await service.http
      .post('/auth/magic-link/report')
      .set(headers)
      .send({ token: await reportToken(email), statement: 'code_was_asked_for' });
    expect(answer.status).toBe(200);
    expect((await service.http.get('/auth/session').set(headers)).status).toBe(200);
  });

  it('ends the code, and answers when the report can still be undone', async () => {
    const email = 'code-ends@example.com';
    const browser = await WebBrowser.open(service);
    const { id, code } = await browser.ask(email);
    const answer = await report(reader(), await reportToken(email), 'not_requested');
    const { undo_until: until } = answer.body as { undo_until: string };
    const days = (new Date(until).getTime() - Date.now()) / 86_400_000;
    expect(days).toBeGreaterThan(6.9);
    expect(days).toBeLessThanOrEqual(7);
    expectProblem(await browser.typeCode(id, code), 'code_invalid');
  });
});

describe('The pause', () => {
  /** A stranger who has asked for a mail that its recipient has reported. */
  async function reported(email: string): Promise<{ stranger: WebBrowser; token: string }> {
    const stranger = await WebBrowser.open(service);
    stranger.network = '198.51.100.66';
    await stranger.ask(email);
    const token = await reportToken(email);
    await report(reader(), token, 'not_requested');
    return { stranger, token };
  }

  const pauses = async (): Promise<number[]> => {
    const rows = await service.sql<{ minutes: number }>(
      `SELECT round(extract(epoch FROM paused_until - now()) / 60)::integer AS minutes
         FROM mail_pauses ORDER BY paused_until`,
    );
    return rows.map(({ minutes }) => minutes);
  };

  beforeEach(() => service.sql('DELETE FROM mail_pauses'));

  it('stops mails that the network asks for, its plus-tags included, and says nothing', async () => {
    const { stranger } = await reported('paused@example.com');
    expect(await mailState(await askOnly(stranger, 'paused@example.com'))).toBe('cancelled');
    expect(await mailState(await askOnly(stranger, 'paused+tag@example.com'))).toBe('cancelled');
  });

  it('does not stop mails for other networks, other mailboxes, or a known device there', async () => {
    const email = 'not-paused@example.com';
    const known = await WebBrowser.open(service);
    await known.signIn(email, { remember: true });
    const { stranger } = await reported(email);
    known.network = stranger.network;
    expect(await mailState(await askOnly(known, email))).toBe('sent');
    expect(await mailState(await askOnly(stranger, 'somebody-else@example.com'))).toBe('sent');
    stranger.network = '198.51.100.67';
    expect(await mailState(await askOnly(stranger, email))).toBe('sent');
  });

  it('lasts an hour, and twice as long with each further link; one link counts once', async () => {
    const email = 'doubling@example.com';
    const { stranger, token } = await reported(email);
    expect(await pauses()).toEqual([60]);
    await report(reader(), token, 'code_was_asked_for');
    expect(await pauses()).toEqual([60]);
    for (const minutes of [120, 240, 480, 960, 1440, 1440]) {
      const id = await askOnly(stranger, email);
      await service.sql('UPDATE mail_pauses SET paused_until = now()');
      await service.sql(`UPDATE mail_outbox SET state = 'sent' WHERE magic_link_id = $1`, [id]);
      await report(reader(), await derivedReportToken(id), 'not_requested');
      expect(await pauses()).toEqual([minutes]);
    }
  });

  it('is over after its hour', async () => {
    const email = 'hour@example.com';
    const { stranger } = await reported(email);
    await service.sql('UPDATE mail_pauses SET paused_until = now()');
    expect(await mailState(await askOnly(stranger, email))).toBe('sent');
  });

  it('is lifted by every sign-in, wherever', async () => {
    const email = 'lifted@example.com';
    const { stranger } = await reported(email);
    await (await WebBrowser.open(service)).signIn(email);
    expect(await mailState(await askOnly(stranger, email))).toBe('sent');
  });

  it('is lifted by undo, with which the device is known again; what was ended stays ended', async () => {
    const email = 'undone@example.com';
    const browser = await WebBrowser.open(service);
    browser.network = '198.51.100.68';
    const { userId } = await browser.signIn(email, { remember: true });
    await browser.signIn(email, { remember: true });
    const token = await reportToken(email);
    await report(reader(), token, 'code_was_asked_for');
    expect(await pauses()).toEqual([60]);

    expect((await undo(reader(), token)).status).toBe(204);
    expect((await undo(reader(), token)).status).toBe(204);
    expect(await pauses()).toEqual([]);
    expectProblem(await browser.get('/auth/session'), 'session_revoked');
    const { sessionId } = await browser.signIn(email);
    const [session] = await service.sql(
      'SELECT device_was_known FROM user_sessions WHERE id = $1',
      [sessionId],
    );
    expect(session).toEqual({ device_was_known: true });
    const events = await service.sql(
      `SELECT type FROM security_events WHERE user_id = $1 AND type = 'report.undone'`,
      [userId],
    );
    expect(events.length).toBeGreaterThan(0);
  });

  it('undo gives back only what that report has taken', async () => {
    const email = 'undo-own@example.com';
    const [lost, here] = [await WebBrowser.open(service), await WebBrowser.open(service)];
    await lost.signIn(email);
    const token = await reportToken(email);
    const { userId } = await here.signIn(email);
    await here.delete('/auth/sessions');
    await undo(reader(), token);
    const known = await service.sql(
      'SELECT FROM devices WHERE user_id = $1 AND forgotten_at IS NULL',
      [userId],
    );
    expect(known).toHaveLength(1);
  });
});

describe('Reporting a sign-in from the mail about it', () => {
  const subject = 'New sign-in to MIRA Auth';

  it('ends that session, forgets its device, and can be undone', async () => {
    const email = 'not-my-sign-in@example.com';
    const owner = await WebBrowser.open(service);
    await owner.signIn(email);
    const thief = await WebBrowser.open(service);
    const { sessionId } = await thief.signIn(email);
    const token = await reportToken(email, subject);
    expect((await report(reader(), token, 'not_my_sign_in')).status).toBe(200);
    expectProblem(await thief.get('/auth/session'), 'session_revoked');
    expect(await owner.sessionStatus()).toBe(200);

    expect((await undo(reader(), token)).status).toBe(204);
    const [row] = await service.sql(
      `SELECT is_active, revoked_reason,
              (SELECT forgotten_at FROM devices WHERE id = device_id) AS forgotten_at
         FROM user_sessions WHERE id = $1`,
      [sessionId],
    );
    expect(row).toEqual({ is_active: false, revoked_reason: 'reported', forgotten_at: null });
  });

  it.each<[string, string, Statement[]]>([
    ['a new sign-in', subject, ['not_requested', 'code_was_asked_for']],
    ['a link', 'Sign in to MIRA Auth', ['not_my_sign_in']],
  ])('refuses statements that do not fit the mail about %s', async (name, mail, statements) => {
    const email = `misfit-${name.length.toString()}@example.com`;
    await (await WebBrowser.open(service)).signIn(email);
    const second = await WebBrowser.open(service);
    await second.signIn(email);
    const token = await reportToken(email, mail);
    for (const statement of statements) {
      const answer = await report(reader(), token, statement);
      expectProblem(answer, 'invalid_request');
      expect((answer.body as { errors: { field: string }[] }).errors[0]?.field).toBe('statement');
    }
    expect(await second.sessionStatus()).toBe(200);
  });

  it('works from the mail of a device that has ended other sessions, too', async () => {
    const email = 'ended-by-new@example.com';
    const owner = await WebBrowser.open(service);
    await owner.signIn(email);
    const thief = await WebBrowser.open(service);
    await thief.signIn(email);
    await thief.delete('/auth/sessions');
    const mail = await waitFor('the mail', () =>
      service.mailbox
        .list()
        .find(({ to, text }) => to === email && text.includes('1 other session')),
    );
    const token = /#report=([\w.-]+)/.exec(mail.text)?.[1] ?? '';
    expect((await report(reader(), token, 'not_my_sign_in')).status).toBe(200);
    expectProblem(await thief.get('/auth/session'), 'session_revoked');
  });
});

describe('Inspecting a link', () => {
  it('names the account and its target, and gives a report token', async () => {
    const browser = await WebBrowser.open(service);
    const { token } = await browser.ask('inspected@example.com');
    const answer = await browser.post('/auth/magic-link/inspect', { token });
    expect(answer.body).toMatchObject({
      context_matches: true,
      differences: [],
      email: 'inspected@example.com',
      redirect_to: null,
      is_own_device: true,
    });
    const { report_token: reportOf } = answer.body as { report_token: string };
    expect((await report(browser, reportOf, 'not_requested')).status).toBe(200);
    expectProblem(await browser.openLink(token), 'link_used');
  });

  it.each<[string, (browser: WebBrowser) => void, string[]]>([
    [
      'another network and device',
      (b) => {
        b.network = '203.0.113.1';
        b.cookies.clear();
      },
      ['network', 'device'],
    ],
    [
      'another browser',
      (b) => {
        b.userAgent = FIREFOX;
      },
      ['user_agent'],
    ],
    [
      'another device',
      (b) => {
        b.cookies.clear();
      },
      ['device'],
    ],
  ])(
    'elsewhere masks the account and says what differs: %s',
    async (_name, change, differences) => {
      const browser = await WebBrowser.open(service);
      const { token } = await browser.ask('masked@example.com');
      change(browser);
      const answer = await browser.post('/auth/magic-link/inspect', { token });
      expect(answer.body).toMatchObject({
        context_matches: false,
        differences,
        email: 'm…@example.com',
      });
    },
  );
});

/** The report token of a link whose mail was not sent. */
async function derivedReportToken(linkId: string): Promise<string> {
  const [row] = await service.sql<{ id: string; created_at: Date; key_id: string }>(
    'SELECT id, created_at, key_id FROM magic_links WHERE id = $1',
    [linkId],
  );
  if (row === undefined) throw new Error('there is no such link');
  return service.app.get(LinkReportTokens, { strict: false }).derive(row);
}
