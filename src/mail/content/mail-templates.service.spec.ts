import fc from 'fast-check';

import type { RenderedMail, SignInLinkMail } from './mail-template-set';
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

function timesIn(text: string, part: string): number {
  return text.split(part).length - 1;
}

/** One mail of each kind, with all optional parts. */
async function everyMail(templates: MailTemplates, locale: string): Promise<RenderedMail[]> {
  const at = SIGN_IN.requestedAt;
  const origin = { ipAddress: '203.0.113.9', device: 'Firefox on Windows' };
  return Promise.all([
    templates.signInLink({ ...SIGN_IN, code: '042137', reportUrl: REPORT }, locale),
    templates.newSignIn(
      { ...origin, signedInAt: at, accountUrl: 'https://auth.example.com/auth/account' },
      locale,
    ),
    templates.sessionsEnded(
      { ...origin, endedAt: at, signInUrl: 'https://auth.example.com/auth/sign-in' },
      locale,
    ),
    templates.accountErased({ erasedAt: at }, locale),
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

  it('offers to report the mail when there is a report page', async () => {
    const { text, html } = await templates.signInLink({ ...SIGN_IN, reportUrl: REPORT }, null);
    expect([timesIn(text, REPORT), timesIn(html, REPORT)]).toEqual([1, 1]);
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
