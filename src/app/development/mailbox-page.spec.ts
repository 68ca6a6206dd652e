import type { MailboxMail } from './mailbox.mailer';
import { MAILBOX_PAGE_POLICY, mailboxPage, mailContent, mailPage } from './mailbox-page';

const mail: MailboxMail = {
  id: '1',
  to: 'ada@example.com',
  from: 'mira-auth@localhost',
  subject: 'Sign in',
  text: 'Open this:\n\nhttp://localhost:3000/auth/link#token=abc.def\n\nor type:\n\n012345\n\nBye.',
  html: '<html><head></head><body><a href="http://localhost:3000/">inside</a></body></html>',
  received_at: new Date('2026-01-02T12:00:00.000Z'),
};

describe('the page of the development mailbox', () => {
  it('says so when there is no mail', () => {
    expect(mailboxPage([])).toContain('No mail yet.');
  });

  it('shows who a mail is for, its link and its code', () => {
    const page = mailboxPage([mail]);
    expect(page).toContain('<dd>ada@example.com</dd>');
    expect(page).toContain('href="http://localhost:3000/auth/link#token=abc.def"');
    expect(page).toContain('<code>012345</code>');
    expect(page).toContain('href="/dev/mailbox/1"');
  });

  it('offers nothing to open for a mail without a link', () => {
    expect(mailboxPage([{ ...mail, text: 'Your sessions were ended.' }])).not.toContain('Open');
  });

  it('shows mails in the order in which it is given them', () => {
    const page = mailboxPage([
      { ...mail, subject: 'newer' },
      { ...mail, subject: 'older' },
    ]);
    expect(page.indexOf('newer')).toBeLessThan(page.indexOf('older'));
  });

  it.each(['to', 'from', 'subject', 'text'] as const)('escapes markup in %s', (field) => {
    const page = mailPage({ ...mail, [field]: `<script>alert("1")</script>'&` });
    expect(page).not.toContain('<script');
    expect(page).toContain('&lt;script&gt;alert(&quot;1&quot;)&lt;/script&gt;&#39;&amp;');
  });

  it('makes links of web addresses only, and cannot be led out of the attribute', () => {
    const page = mailboxPage([{ ...mail, text: 'javascript:alert(1) http://x/"onclick=alert(1)' }]);
    expect(page).not.toMatch(/href="javascript:/);
    expect(page).toContain('href="http://x/"');
  });

  it('holds nothing inline, and is shown under a policy that would not allow it', () => {
    expect(MAILBOX_PAGE_POLICY).toMatch(/^default-src 'none'; style-src 'self'; /);
    expect(MAILBOX_PAGE_POLICY).not.toContain('unsafe');
    for (const page of [mailboxPage([mail]), mailPage(mail)]) {
      expect(page).not.toMatch(/<script|<style| style=| on\w+=/);
    }
  });
});

describe('the page of one mail', () => {
  it('shows the text part as it is, and the HTML part in a frame without scripts', () => {
    const page = mailPage(mail);
    expect(page).toContain('Open this:\n\nhttp://');
    expect(page).toMatch(/<iframe [^>]*src="\/dev\/mailbox\/1\/html" sandbox="allow-popups /);
    expect(page).not.toContain('inside');
  });

  it('lets the links of the HTML part open outside of the frame', () => {
    expect(mailContent(mail)).toContain('<head><base target="_blank">');
    expect(mailContent(mail)).toContain('inside');
  });
});
