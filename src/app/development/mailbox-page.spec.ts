import { createHash } from 'node:crypto';
import type { MailboxMail } from '../../mail/mailbox.mailer';
import { MAILBOX_PAGE_POLICY, mailboxPage } from './mailbox-page';

const mail: MailboxMail = {
  id: '1',
  to: 'ada@example.com',
  from: 'mira-auth@localhost',
  subject: 'Sign in',
  text: 'Open this:\n\nhttp://localhost:3000/auth/link#token=abc.def\n\nBye.',
  html: '<p>never shown</p>',
  received_at: new Date('2026-01-02T12:00:00.000Z'),
};

describe('the page of the development mailbox', () => {
  it('says so when there is no mail', () => {
    expect(mailboxPage([])).toContain('No mail yet.');
  });

  it('shows who a mail is for, its text part and its link', () => {
    const page = mailboxPage([mail]);
    expect(page).toContain('<dd>ada@example.com</dd>');
    expect(page).toContain('href="http://localhost:3000/auth/link#token=abc.def"');
    expect(page).toContain('Open this:\n\nhttp://');
    expect(page).not.toContain('never shown');
  });

  it('shows the newest mail first, as it is given them', () => {
    const page = mailboxPage([
      { ...mail, subject: 'newer' },
      { ...mail, subject: 'older' },
    ]);
    expect(page.indexOf('newer')).toBeLessThan(page.indexOf('older'));
  });

  it.each(['to', 'from', 'subject', 'text'] as const)('escapes markup in %s', (field) => {
    const page = mailboxPage([{ ...mail, [field]: `<script>alert("1")</script>'&` }]);
    expect(page).not.toContain('<script');
    expect(page).toContain('&lt;script&gt;alert(&quot;1&quot;)&lt;/script&gt;&#39;&amp;');
  });

  it('makes links of web addresses only, and cannot be led out of the attribute', () => {
    const page = mailboxPage([{ ...mail, text: 'javascript:alert(1) http://x/"onclick=alert(1)' }]);
    expect(page).not.toMatch(/href="javascript:/);
    expect(page).toContain('href="http://x/"');
  });

  it('is shown under a policy that allows its own style and nothing else', () => {
    const style = /<style>(.*?)<\/style>/s.exec(mailboxPage([]))?.[1] ?? '';
    const hash = createHash('sha256').update(style).digest('base64');
    expect(MAILBOX_PAGE_POLICY).toContain(`style-src 'sha256-${hash}'`);
    expect(MAILBOX_PAGE_POLICY).toContain("default-src 'none'");
    expect(mailboxPage([mail])).not.toMatch(/<script|<img| style=| on\w+=/);
  });
});
