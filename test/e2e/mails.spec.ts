import { randomBytes } from 'node:crypto';

import type { MailboxMail } from '../../src/app/development/mailbox.mailer';
import { type Mailer, PermanentMailError } from '../../src/mail/mailer';
import { expectInvariants } from '../support/attacks/invariants';
import { BEHIND_PROXY, type Client, headersOf } from '../support/http/client';
import { FIREFOX, NEWER_FIREFOX, SAFARI } from '../support/http/user-agents';
import { expectProblem } from '../support/problem';
import { mailedTokenIn, sessionOf } from '../support/sign-in/sign-in-flow';
import { startTestService, TEST_PUBLIC_URL, type TestService } from '../support/test-service';
import { decodePart } from '../support/tokens/forged-token';
import { waitFor } from '../support/wait-for';

const HOME: Client = { userAgent: FIREFOX, forwardedFor: '192.0.2.1' };
const IN_GERMAN = { 'Accept-Language': 'de-AT,de;q=0.9,en;q=0.5' };

let service: TestService;

beforeAll(async () => {
  service = await startTestService({ options: BEHIND_PROXY });
});

afterAll(() => service.stop());

const mailsTo = (email: string): MailboxMail[] =>
  service.mailbox.list().filter(({ to }) => to === email);

/** Asks for a link and returns its mail. */
async function linkMail(email: string, headers: Record<string, string> = {}): Promise<MailboxMail> {
  await service.requestLink(email, { ...HOME, headers });
  return mailsTo(email)[0]!;
}

/** How often a text holds another one. */
const occurrences = (text: string, part: string): number => text.split(part).length - 1;

/** Waits for the mail of that subject. */
const mailCalled = (email: string, subject: string): Promise<MailboxMail> =>
  waitFor(`the mail "${subject}"`, () => mailsTo(email).find((mail) => mail.subject === subject));

/** How many mails of a kind were queued for a user, whether or not they have been sent. */
async function queued(userId: string, kind: string): Promise<number> {
  const rows = await service.sql('SELECT FROM mail_outbox WHERE user_id = $1 AND kind = $2', [
    userId,
    kind,
  ]);
  return rows.length;
}

describe('the mail of a link', () => {
  it('has the link once in each part, and the code alone on a line of the text', async () => {
    const { text, html } = await linkMail('parts@example.com');
    const link = `${TEST_PUBLIC_URL}/auth/link#token=${mailedTokenIn(text) ?? ''}`;
    const lines = text.split('\n');

    expect(lines.filter((line) => line === link)).toHaveLength(1);
    expect([occurrences(text, '#token='), occurrences(html, '#token=')]).toEqual([1, 1]);
    expect(occurrences(html, link)).toBe(1);
    const codes = lines.filter((line) => /^[0-9]{6}$/.test(line));
    expect(codes).toHaveLength(1);
    expect([occurrences(text, codes[0]!), occurrences(html, codes[0]!)]).toEqual([1, 1]);
    const report = `${TEST_PUBLIC_URL}/auth/link/report#report=`;
    expect([occurrences(text, report), occurrences(html, report)]).toEqual([1, 1]);
  });

  it('tells what asked for it, and nothing that a stranger wrote', async () => {
    const headers = { 'User-Agent': `<img src=x> ${FIREFOX}` };
    const { text, html, subject } = await linkMail('origin@example.com', headers);
    expect(subject).toBe('Sign in to MIRA Auth');
    for (const part of [text, html]) {
      expect(part).toContain('Firefox on Windows');
      expect(part).toContain('192.0.2.1');
      expect(part).not.toContain('src=x');
    }
  });

  it.each([
    ['de-AT,de;q=0.9,en;q=0.5', 'Anmeldung bei MIRA Auth', 'de'],
    ['de', 'Anmeldung bei MIRA Auth', 'de'],
    ['en-GB,de', 'Sign in to MIRA Auth', 'en'],
    ['fr', 'Sign in to MIRA Auth', 'en'],
    ['*', 'Sign in to MIRA Auth', 'en'],
    ['<script>', 'Sign in to MIRA Auth', 'en'],
  ])('is in the language that %s prefers', async (acceptLanguage, subject, lang) => {
    const mail = await linkMail('language@example.com', { 'Accept-Language': acceptLanguage });
    expect(mail.subject).toBe(subject);
    expect(mail.html).toContain(`<html lang="${lang}">`);
  });
});

describe('the mail of a new sign-in', () => {
  const SUBJECT = 'New sign-in to MIRA Auth';
  const NEW_SIGN_IN = 'new_sign_in';

  const NEAR: Client = { ...HOME, forwardedFor: '192.0.2.200' };
  const AWAY: Client = { ...HOME, forwardedFor: '198.51.100.1' };
  const APP: Client = { ...HOME, fingerprint: `md1.${'a'.repeat(43)}` };
  const OTHER_APP: Client = { ...HOME, fingerprint: `md1.${'b'.repeat(43)}` };

  it('is not sent for the first sign-in, nor for others of the same kind of client nearby', async () => {
    const { userId } = await service.signIn('same@example.com', HOME);
    for (const client of [
      HOME,
      { ...HOME, userAgent: NEWER_FIREFOX },
      NEAR,
      // A fingerprint proves nothing, and its absence or change says nothing.
      { ...HOME, fingerprint: 'device-1' },
      { ...HOME, fingerprint: 'device-2' },
    ]) {
      await service.signIn('same@example.com', client);
    }
    expect(await queued(userId, NEW_SIGN_IN)).toBe(0);
  });

  it('is not sent for a device that the account knows, wherever and whatever it is by now', async () => {
    const { userId } = await service.signIn('known@example.com', APP);
    for (const client of [APP, { ...APP, ...AWAY }, { ...APP, userAgent: SAFARI }]) {
      await service.signIn('known@example.com', client);
    }
    expect(await queued(userId, NEW_SIGN_IN)).toBe(0);
  });

  it.each([
    ['network', HOME, AWAY, 'Firefox on Windows', '198.51.100.1'],
    ['browser', HOME, { ...HOME, userAgent: SAFARI }, 'Safari on macOS', '192.0.2.1'],
    // Whoever has signed in without a device from there is no proof of this one.
    ['device', HOME, APP, 'Firefox on Windows', '192.0.2.1'],
    ['device of the same kind and place', APP, OTHER_APP, 'Firefox on Windows', '192.0.2.1'],
    [
      'fingerprint that is no secret, from elsewhere',
      { ...HOME, fingerprint: 'device-1' },
      { ...AWAY, fingerprint: 'device-1' },
      'Firefox on Windows',
      '198.51.100.1',
    ],
  ])('is sent for another %s, once', async (what, known, client, device, ipAddress) => {
    const email = `new.${what.replaceAll(/\W+/g, '.')}@example.com`;
    const { userId } = await service.signIn(email, known);
    await service.signIn(email, client);

    const { text, html } = await mailCalled(email, SUBJECT);
    for (const part of [text, html]) {
      expect(part).toContain(device);
      expect(part).toContain(ipAddress);
      expect(part).toContain(`${TEST_PUBLIC_URL}/auth/account`);
      expect(part).not.toContain('#token=');
    }
    // The one press against a stranger, once in each part, and no other token.
    const reports = [text, html].map((part) =>
      part.match(/[\w:/.]*#\w+=[\w-]+\.[\w-]+\.[\w-]{43}/g),
    );
    expect(reports[0]).toEqual([
      expect.stringContaining(`${TEST_PUBLIC_URL}/auth/link/report#report=eyJ`),
    ]);
    expect(reports[1]).toEqual(reports[0]);
    for (const part of [text, html]) expect(occurrences(part, 'eyJ')).toBe(2);
    await service.signIn(email, client);
    await service.signIn(email, known);
    expect(await queued(userId, NEW_SIGN_IN)).toBe(1);
  });

  it('is sent for a sign-in by code, in the language that its link was asked for in', async () => {
    const email = 'new.code@example.com';
    await service.signIn(email, HOME);
    const elsewhere = { ...HOME, forwardedFor: '198.51.100.1' };
    const { id } = await service.requestLink(email, { ...elsewhere, headers: IN_GERMAN });
    const response = await service.http
      .post('/auth/magic-link/verify-code')
      .set(headersOf(elsewhere))
      .send({ magic_link_id: id, code: /^\d{6}$/m.exec(mailsTo(email)[0]!.text)?.[0] });
    expect(response.status).toBe(200);

    const { html } = await mailCalled(email, 'Neue Anmeldung bei MIRA Auth');
    expect(html).toContain('<html lang="de">');
  });
});

describe('the mail of a session that was ended', () => {
  it('is sent at the fifth mismatch, to the owner, and tells of the other client', async () => {
    const email = 'ended@example.com';
    const { headers, userId } = await service.signIn(email, HOME);
    const strange = headersOf({ userAgent: SAFARI, forwardedFor: '198.51.100.1' });
    const mismatch = async (): Promise<void> =>
      expectProblem(
        await service.http.get('/auth/session').set({ ...headers, ...strange }),
        'context_mismatch',
      );
    for (let number = 1; number <= 4; number += 1) await mismatch();
    expect(await queued(userId, 'session_ended')).toBe(0);
    await mismatch();

    const { text, html } = await mailCalled(email, 'One of your MIRA Auth sessions was ended');
    for (const part of [text, html]) {
      // Where it was opened, and where it was presented.
      expect(occurrences(part, 'Firefox on Windows')).toBe(1);
      expect(occurrences(part, 'Safari on macOS')).toBe(1);
      expect(part).toContain('198.51.100.1');
      expect(part).not.toContain('192.0.2.1');
      expect(part).toContain(`${TEST_PUBLIC_URL}/auth/sign-in`);
      expect(part).not.toMatch(/token=|eyJ/);
    }
    expectProblem(await service.http.get('/auth/session').set(headers), 'session_revoked');
    expect(await queued(userId, 'session_ended')).toBe(1);
  });
});

describe('a process that does not send its mails', () => {
  const KEY = randomBytes(32).toString('hex');
  const NEXT_KEY = randomBytes(32).toString('hex');
  let queueing: TestService;
  /** Starts after a rotation of the key, without pages, and with a mailer of its own. */
  let sending: TestService;
  const refused: string[] = [];

  beforeAll(async () => {
    queueing = await startTestService({ masterKey: KEY, options: { mailWorker: false } });
  });

  afterAll(async () => {
    await sending.stop();
    await queueing.stop();
  });

  const ask = async (email: string): Promise<string> => {
    const { body } = await queueing.http.post('/auth/magic-link/request').send({ email });
    return (body as { magic_link_id: string }).magic_link_id;
  };

  const outcomes = async (): Promise<Record<string, string>> => {
    const rows = await queueing.sql<{ magic_link_id: string; state: string }>(
      'SELECT magic_link_id, state FROM mail_outbox',
    );
    return Object.fromEntries(rows.map(({ magic_link_id: id, state }) => [id, state]));
  };

  it('leaves them to another one, which drops what came too late and keeps what is good', async () => {
    const ids = {
      older: await ask('twice@example.com'),
      newer: await ask('twice@example.com'),
      ended: await ask('ended.meanwhile@example.com'),
      late: await ask('late@example.com'),
      refused: await ask('refused@example.com'),
      good: await ask('good@example.com'),
    };
    await queueing.sql('UPDATE magic_links SET expires_at = now() WHERE id = $1', [ids.late]);
    await queueing.sql('UPDATE magic_links SET superseded_at = now() WHERE id = $1', [ids.ended]);
    expect(new Set(Object.values(await outcomes()))).toEqual(new Set(['pending']));

    const mailbox = queueing.mailbox;
    const mailer: Mailer = {
      send: async (mail) => {
        if (mail.to.address !== 'refused@example.com') return mailbox.send(mail);
        refused.push(mail.id);
        throw new PermanentMailError('smtp 550');
      },
    };
    sending = await startTestService({
      database: queueing.database,
      masterKey: NEXT_KEY,
      mailbox,
      options: { acceptedMasterKeys: [KEY], pages: false, mailer },
    });
    await expectInvariants(queueing);

    expect(await outcomes()).toEqual({
      [ids.older]: 'sent',
      [ids.newer]: 'sent',
      [ids.ended]: 'cancelled',
      [ids.late]: 'expired',
      [ids.refused]: 'dead',
      [ids.good]: 'sent',
    });
    const recipients = mailbox.list().map(({ to }) => to);
    expect(recipients.sort()).toEqual([
      'good@example.com',
      'twice@example.com',
      'twice@example.com',
    ]);
    const died = await queueing.sql(
      `SELECT details FROM security_events WHERE type = 'mail.refused' AND magic_link_id = $1`,
      [ids.refused],
    );
    expect(died).toEqual([{ details: { kind: 'magic_link', failure: 'smtp 550' } }]);
    expect(refused).toHaveLength(1);
  });

  it('signs in with what was made under the previous key, as does every other process', async () => {
    const mailOf = (email: string): string =>
      queueing.mailbox.list().find(({ to }) => to === email)?.text ?? '';
    const token = mailedTokenIn(mailOf('good@example.com')) ?? '';
    const { headers } = sessionOf(await sending.verify(token));
    expect((await sending.http.get('/auth/session').set(headers)).status).toBe(200);

    const text = mailOf('twice@example.com');
    const code = /^\d{6}$/m.exec(text)?.[0];
    const response = await sending.http
      .post('/auth/magic-link/verify-code')
      .send({ magic_link_id: decodePart(mailedTokenIn(text) ?? '', 1)['jti'], code });
    expect([response.status, response.body]).toMatchObject([200, { email: 'twice@example.com' }]);
  });

  it('and has no pages is not led to them by its mails', () => {
    for (const { text, html } of queueing.mailbox.list()) {
      expect(`${text}${html}`).not.toContain('/auth/link/report');
    }
  });
});

describe('after all that', () => {
  it('I1 to I7 hold of everything in the database', async () => {
    await expectInvariants(
      service,
      service.mailbox.list().flatMap(({ text }) => mailedTokenIn(text) ?? []),
    );
  });
});
