import fc from 'fast-check';

import type {
  NewSignInMail,
  RenderedMail,
  SessionsEndedByNewDeviceMail,
  SessionsEndedMail,
  SignInLinkMail,
} from './mail-template-set';
import { MailTemplates } from './mail-templates.service';

const LINK = 'https://auth.example.com/auth/link#token=eyJh.eyJz.c2ln';
const REPORT = 'https://auth.example.com/auth/link/report#token=eyJh.eyJy.c2ln';

const SIGN_IN: SignInLinkMail = {
  link: LINK,
  requestedAt: new Date('2026-01-05T10:15:00Z'),
  expiresAt: new Date('2026-01-05T10:30:00Z'),
  ipAddress: '203.0.113.9',
  device: 'Firefox on Windows',
};

const ACCOUNT = 'https://auth.example.com/auth/account';
const SIGN_IN_PAGE = 'https://auth.example.com/auth/sign-in';

const NEW_SIGN_IN: NewSignInMail = {
  signedInAt: SIGN_IN.requestedAt,
  ipAddress: '203.0.113.9',
  device: 'Firefox on Windows',
  reportUrl: REPORT,
  accountUrl: ACCOUNT,
};

const SESSIONS_ENDED: SessionsEndedMail = {
  endedAt: SIGN_IN.requestedAt,
  ipAddress: '203.0.113.9',
  device: 'Firefox on Windows',
  sessionDevice: 'Safari on macOS',
  signInUrl: SIGN_IN_PAGE,
};

const ENDED_BY_NEW_DEVICE: SessionsEndedByNewDeviceMail = {
  endedAt: SIGN_IN.requestedAt,
  ipAddress: '203.0.113.9',
  device: 'Firefox on Windows',
  count: 3,
  reportUrl: REPORT,
  accountUrl: ACCOUNT,
};

function timesIn(text: string, part: string): number {
  return text.split(part).length - 1;
}

/** Expects both parts to lead to the page once: behind that label, or on a line below it. */
function expectLink({ text, html }: RenderedMail, label: string, url: string): void {
  expect([timesIn(text, url), timesIn(html, url)]).toEqual([1, 1]);
  expect(text).toContain(`\n${label}:\n${url}\n`);
  expect(html).toMatch(
    new RegExp(`<a [^>]*href="${url.replaceAll('.', '\\.')}"[^>]*>${label}</a>`),
  );
}

/** One mail of each kind, with all optional parts. */
async function everyMail(templates: MailTemplates, locale: string): Promise<RenderedMail[]> {
  return Promise.all([
    templates.signInLink({ ...SIGN_IN, code: '042137', reportUrl: REPORT }, locale),
    templates.newSignIn(NEW_SIGN_IN, locale),
    templates.sessionsEnded(SESSIONS_ENDED, locale),
    templates.sessionsEndedByNewDevice(ENDED_BY_NEW_DEVICE, locale),
    templates.accountErased({ erasedAt: SIGN_IN.requestedAt }, locale),
  ]);
}

describe('the sign-in mail', () => {
  const templates = new MailTemplates({ productName: 'Acme' });

  it('holds the link once in its text part, on a line of its own', async () => {
    const { text } = await templates.signInLink(SIGN_IN, null);
    expect(timesIn(text, LINK)).toBe(1);
    expect(text.split('\n')).toContain(LINK);
  });

  it('holds the link once in its HTML part, behind the button', async () => {
    const { html } = await templates.signInLink(SIGN_IN, null);
    expect(timesIn(html, LINK)).toBe(1);
    expect(html).toMatch(new RegExp(`<a href="${LINK.replaceAll('.', '\\.')}"[^>]*>Sign in</a>`));
  });

  it('escapes a link that has more than one parameter', async () => {
    const { html } = await templates.signInLink({ ...SIGN_IN, link: `${LINK}&a="b"` }, null);
    expect(html).toContain(`href="${LINK}&amp;a=&quot;b&quot;"`);
  });

  it('holds the code on a line of its own in the text part, and never in the subject', async () => {
    const mail = await templates.signInLink({ ...SIGN_IN, code: '042137' }, null);
    expect(mail.text.split('\n')).toContain('042137');
    expect(timesIn(mail.text, '042137')).toBe(1);
    expect(timesIn(mail.html, '042137')).toBe(1);
    expect(mail.subject).toBe('Sign in to Acme');
  });

  it('mentions neither a code nor a report without them', async () => {
    const { text, html } = await templates.signInLink(SIGN_IN, null);
    expect(text).not.toMatch(/type this code|wasn’t me/);
    expect(html).not.toMatch(/type this code|wasn’t me|undefined/);
  });

  it.each([
    ['en', 'It wasn’t me'],
    ['de', 'Das war ich nicht'],
  ])('leads to the report page without promising what that will do (%s)', async (locale, label) => {
    expectLink(
      await templates.signInLink({ ...SIGN_IN, reportUrl: REPORT }, locale),
      label,
      REPORT,
    );
  });

  it('says which client asked for the link, when, and how long it works', async () => {
    const { text, html } = await templates.signInLink(SIGN_IN, 'en');
    for (const part of [text, html]) {
      expect(part).toContain('203.0.113.9');
      expect(part).toContain('Firefox on Windows');
      expect(part).toContain('January 5, 2026 at 10:15 UTC');
      expect(part).toContain('within 15 minutes');
    }
  });

  it('says Unknown for a missing device or address', async () => {
    const { text } = await templates.signInLink(
      { ...SIGN_IN, ipAddress: null, device: null },
      'en',
    );
    expect(text).toContain('Device: Unknown\nIP address: Unknown\n');
  });

  it('lets no device description add markup, lines or links', async () => {
    const usual = await templates.signInLink({ ...SIGN_IN, device: 'x' }, null);
    await fc.assert(
      fc.asyncProperty(fc.string({ unit: 'binary', minLength: 1 }), async (device) => {
        const { subject, text, html } = await templates.signInLink({ ...SIGN_IN, device }, null);
        expect(subject).toBe(usual.subject);
        expect(text.split('\n')).toHaveLength(usual.text.split('\n').length);
        expect(timesIn(text, '://')).toBe(1);
        expect(timesIn(html, '<')).toBe(timesIn(usual.html, '<'));
      }),
      { numRuns: 200 },
    );
  });

  it('shows template syntax in a value as text', async () => {
    const mail = { ...SIGN_IN, device: '<%= 7*7 %> {product} {{7*7}}' };
    const { text, html } = await templates.signInLink(mail, null);
    expect(text).toContain('Device: 7 7 product 7 7');
    expect(html).not.toContain('49');
  });
});

describe('the mail about a new sign-in', () => {
  const templates = new MailTemplates({ productName: 'Acme' });

  it.each([
    [
      'en',
      'Someone signed in to your Acme account from a device, browser or network that we don’t recognise.',
      'January 5, 2026 at 10:15 UTC',
    ],
    [
      'de',
      'Jemand hat sich bei Ihrem Konto von Acme angemeldet. Das Gerät, den Browser oder das Netz erkennen wir nicht wieder.',
      '5. Januar 2026 um 10:15 UTC',
    ],
  ])('says what happened, from where and when (%s)', async (locale, introduction, time) => {
    const { text, html } = await templates.newSignIn(NEW_SIGN_IN, locale);
    for (const part of [text, html]) {
      for (const words of [introduction, time, 'Firefox on Windows', '203.0.113.9']) {
        expect(part).toContain(words);
      }
    }
  });

  it.each([
    ['en', 'there is nothing to do', 'nobody else can read your email'],
    ['de', 'ist nichts zu tun', 'niemand sonst Ihre E-Mails lesen kann'],
  ])('says what to do if it was you, and if not (%s)', async (locale, ifYou, ifNot) => {
    const { text, html } = await templates.newSignIn(NEW_SIGN_IN, locale);
    for (const part of [text, html]) {
      expect(part).toContain(ifYou);
      expect(part).toContain(ifNot);
    }
  });

  it.each([
    ['en', 'See where you are signed in', 'It wasn’t me, sign that device out'],
    ['de', 'Sehen, wo Sie angemeldet sind', 'Das war ich nicht, dieses Gerät abmelden'],
  ])('leads once to the account and once to the remedy (%s)', async (locale, account, remedy) => {
    const mail = await templates.newSignIn(NEW_SIGN_IN, locale);
    expectLink(mail, account, ACCOUNT);
    expectLink(mail, remedy, REPORT);
  });

  it('leads nowhere when there are no pages', async () => {
    const mail = { ...NEW_SIGN_IN, reportUrl: undefined, accountUrl: undefined };
    const { text, html } = await templates.newSignIn(mail, 'en');
    for (const part of [text, html]) expect(part).not.toMatch(/https?:|wasn’t me|undefined/);
  });
});

describe('the mail about a session that was ended', () => {
  const templates = new MailTemplates({ productName: 'Acme' });

  it('names the device of the session apart from the client that tried to use it', async () => {
    const { text, html } = await templates.sessionsEnded(SESSIONS_ENDED, 'en');
    expect(text).toContain(
      [
        'Session opened on: Safari on macOS',
        '',
        'Last tried from:',
        'Time: January 5, 2026 at 10:15 UTC',
        'Device: Firefox on Windows',
        'IP address: 203.0.113.9',
        '',
      ].join('\n'),
    );
    expect(html).toMatch(
      /Session opened on<\/td><td[^>]*>Safari on macOS<[\s\S]*Last tried from:[\s\S]*Firefox on Windows/,
    );
    expect([timesIn(html, 'Safari on macOS'), timesIn(html, 'Firefox on Windows')]).toEqual([1, 1]);
  });

  it('does so in German', async () => {
    const { text } = await templates.sessionsEnded(SESSIONS_ENDED, 'de');
    expect(text).toContain(
      'Sitzung geöffnet mit: Safari on macOS\n\nZuletzt versucht von:\nZeit: 5. Januar 2026',
    );
  });

  it('says Unknown for a session whose device is not known', async () => {
    const { text } = await templates.sessionsEnded(
      { ...SESSIONS_ENDED, sessionDevice: null },
      'en',
    );
    expect(text).toContain('Session opened on: Unknown\n');
  });

  it.each([
    ['en', 'It may have been you.', 'We changed nothing else.', /got hold|stolen|all sessions/i],
    ['de', 'Vielleicht waren Sie das selbst.', 'Sonst haben wir nichts geändert.', /fremde Hände/],
  ])('claims no more than is known (%s)', async (locale, maybeYou, restIsAsBefore, claim) => {
    const { text, html } = await templates.sessionsEnded(SESSIONS_ENDED, locale);
    for (const part of [text, html]) {
      expect(part).toContain(maybeYou);
      expect(part).toContain(restIsAsBefore);
      expect(part).not.toMatch(claim);
    }
  });

  it.each([
    ['en', 'If the last try wasn’t you', 'Sign in again'],
    ['de', 'Falls der letzte Versuch nicht von Ihnen kam', 'Wieder anmelden'],
  ])(
    'says what to do if it was not you, and leads to the sign-in (%s)',
    async (locale, ifNot, to) => {
      const mail = await templates.sessionsEnded(SESSIONS_ENDED, locale);
      expect(mail.text).toContain(ifNot);
      expect(mail.html).toContain(ifNot);
      expectLink(mail, to, SIGN_IN_PAGE);
    },
  );

  it('lets neither device add markup, lines or links', async () => {
    const usual = await templates.sessionsEnded(SESSIONS_ENDED, null);
    await fc.assert(
      fc.asyncProperty(
        fc.string({ unit: 'binary', minLength: 1 }),
        fc.string({ unit: 'binary', minLength: 1 }),
        async (device, sessionDevice) => {
          const mail = { ...SESSIONS_ENDED, device, sessionDevice };
          const { subject, text, html } = await templates.sessionsEnded(mail, null);
          expect(subject).toBe(usual.subject);
          expect(text.split('\n')).toHaveLength(usual.text.split('\n').length);
          expect(timesIn(text, '://')).toBe(1);
          expect(timesIn(html, '<')).toBe(timesIn(usual.html, '<'));
        },
      ),
      { numRuns: 200 },
    );
  });
});

describe('the mail about sessions that a new device ended', () => {
  const templates = new MailTemplates({ productName: 'Acme' });

  it.each([
    ['en', 1, 'A new device ended 1 other session'],
    ['en', 3, 'A new device ended 3 other sessions'],
    ['de', 1, 'Ein neues Gerät hat 1 andere Sitzung beendet'],
    ['de', 3, 'Ein neues Gerät hat 3 andere Sitzungen beendet'],
  ])('says how many in words (%s, %d)', async (locale, count, heading) => {
    const mail = { ...ENDED_BY_NEW_DEVICE, count };
    const { text, html } = await templates.sessionsEndedByNewDevice(mail, locale);
    expect(text.split('\n')[0]).toBe(heading);
    expect(html).toContain(`>${heading}</h1>`);
  });

  it.each([
    ['en', 'A new device ended 1 other session at Acme'],
    ['de', 'Ein neues Gerät hat 1 andere Sitzung bei Acme beendet'],
  ])('says so in its subject (%s)', async (locale, subject) => {
    const mail = { ...ENDED_BY_NEW_DEVICE, count: 1 };
    expect((await templates.sessionsEndedByNewDevice(mail, locale)).subject).toBe(subject);
  });

  it.each([
    [
      'en',
      'Your Acme account has known this device for less than a day',
      'January 5, 2026 at 10:15 UTC',
    ],
    ['de', 'kennt dieses Gerät seit weniger als einem Tag', '5. Januar 2026 um 10:15 UTC'],
  ])('says why it is sent, and which device it was (%s)', async (locale, why, time) => {
    const { text, html } = await templates.sessionsEndedByNewDevice(ENDED_BY_NEW_DEVICE, locale);
    for (const part of [text, html]) {
      for (const words of [why, time, 'Firefox on Windows', '203.0.113.9']) {
        expect(part).toContain(words);
      }
    }
  });

  it.each([
    ['en', 'See where you are signed in', 'It wasn’t me, sign that device out'],
    ['de', 'Sehen, wo Sie angemeldet sind', 'Das war ich nicht, dieses Gerät abmelden'],
  ])('leads once to the account and once to the remedy (%s)', async (locale, account, remedy) => {
    const mail = await templates.sessionsEndedByNewDevice(ENDED_BY_NEW_DEVICE, locale);
    expectLink(mail, account, ACCOUNT);
    expectLink(mail, remedy, REPORT);
  });

  it('leads nowhere when there are no pages', async () => {
    const mail = { ...ENDED_BY_NEW_DEVICE, reportUrl: undefined, accountUrl: undefined };
    const { text, html } = await templates.sessionsEndedByNewDevice(mail, 'en');
    for (const part of [text, html]) expect(part).not.toMatch(/https?:|wasn’t me|undefined/);
  });
});

describe('what a device calls itself', () => {
  const templates = new MailTemplates();
  const device = '<b>see</b> https://evil.example/now\r\nBcc: eve@example.net';

  it.each<[string, () => Promise<RenderedMail>]>([
    ['a sign-in', () => templates.signInLink({ ...SIGN_IN, device }, 'en')],
    ['a new sign-in', () => templates.newSignIn({ ...NEW_SIGN_IN, device }, 'en')],
    ['an ended session', () => templates.sessionsEnded({ ...SESSIONS_ENDED, device }, 'en')],
    [
      'the owner of an ended session',
      () => templates.sessionsEnded({ ...SESSIONS_ENDED, sessionDevice: device }, 'en'),
    ],
    [
      'a new device that ended sessions',
      () => templates.sessionsEndedByNewDevice({ ...ENDED_BY_NEW_DEVICE, device }, 'en'),
    ],
  ])('is plain text in the mail about %s', async (_, render) => {
    const { subject, text, html } = await render();
    for (const part of [text, html]) {
      expect(part).toContain('b see b https evil example now Bcc eve example net');
    }
    expect([subject, text, html].join()).not.toMatch(/evil\.example|<b>|@example/);
  });
});

describe('every mail', () => {
  it.each(['en', 'de'])('is complete in %s', async (locale) => {
    for (const mail of await everyMail(new MailTemplates({ productName: 'Acme' }), locale)) {
      expect(mail.subject).toContain('Acme');
      expect(mail.html).toContain(`<html lang="${locale}">`);
      const everything = [mail.subject, mail.text, mail.html].join('\n');
      expect(everything).not.toMatch(/undefined|null|\{\w+\}|<%|\[object/);
    }
  });

  it('adapts to dark mode and to a narrow screen, without images or external content', async () => {
    for (const { html } of await everyMail(new MailTemplates(), 'en')) {
      expect(html).toContain('<meta name="color-scheme" content="light dark">');
      expect(html).toContain('@media (prefers-color-scheme: dark)');
      expect(html).toContain(
        '<meta name="viewport" content="width=device-width, initial-scale=1">',
      );
      expect(html).not.toMatch(/<img|<script|<link|url\(|@import| width="[0-9]{3,}"/);
      expect(
        html.match(/https?:\/\/[^/"]+/g)?.every((origin) => origin.endsWith('auth.example.com')),
      ).not.toBe(false);
    }
  });

  it('names the support address where there is one', async () => {
    const withSupport = new MailTemplates({ supportAddress: 'help@example.com' });
    for (const { text, html } of await everyMail(withSupport, 'en')) {
      expect(text).toContain('Write to help@example.com.');
      expect(html).toContain('Write to help@example.com.');
    }
    for (const { text } of await everyMail(new MailTemplates(), 'en')) {
      expect(text).not.toContain('Questions?');
    }
  });

  it('escapes the name of the product', async () => {
    const templates = new MailTemplates({ productName: 'A&B <Co>' });
    for (const { subject, html } of await everyMail(templates, 'en')) {
      expect(subject).toContain('A&B <Co>');
      expect(html).toContain('A&amp;B &lt;Co&gt;');
      expect(html).not.toContain('<Co>');
    }
  });

  it('uses the accent colour of the product', async () => {
    const templates = new MailTemplates({ colours: { accent: '#ffd700' } });
    const { html } = await templates.signInLink(SIGN_IN, null);
    expect(html).toContain('background-color:#ffd700');
    expect(html).toContain('color:#000000');
  });

  it('may be replaced by the host, one by one', async () => {
    const own: RenderedMail = { subject: 'Own', text: 'own', html: '<p>own</p>' };
    const asked: unknown[] = [];
    const templates = new MailTemplates({
      templates: {
        signInLink: async (mail, locale) => {
          asked.push([mail, locale]);
          return own;
        },
      },
    });
    const [signIn, newSignIn] = await everyMail(templates, 'de');
    expect(signIn).toBe(own);
    expect(asked).toEqual([[expect.objectContaining({ link: LINK }), 'de']]);
    expect(newSignIn?.subject).toBe('Neue Anmeldung bei MIRA Auth');
  });
});
