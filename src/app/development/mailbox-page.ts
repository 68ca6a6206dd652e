import { createHash } from 'node:crypto';
import type { MailboxMail } from '../../mail/mailbox.mailer';

const STYLE = `
body { font: 1rem/1.5 system-ui, sans-serif; max-width: 44rem; margin: 2rem auto; padding: 0 1rem; color: #1a1a1a; background: #fff; }
article { border: 1px solid #ccc; border-radius: .5rem; padding: 0 1rem 1rem; margin: 1rem 0; }
h1 { font-size: 1.4rem; } h2 { font-size: 1.1rem; }
dl { display: grid; grid-template-columns: max-content 1fr; gap: 0 1rem; } dd { margin: 0; overflow-wrap: anywhere; }
pre { white-space: pre-wrap; overflow-wrap: anywhere; background: #f4f4f4; padding: 1rem; }
@media (prefers-color-scheme: dark) { body { color: #eee; background: #1a1a1a; } pre { background: #2a2a2a; } a { color: #8cf; } }
`;

/** Nothing may be loaded or run, and only this one style is applied (CSP level 3, section 8.3). */
export const MAILBOX_PAGE_POLICY = [
  "default-src 'none'",
  `style-src 'sha256-${createHash('sha256').update(STYLE).digest('base64')}'`,
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join('; ');

/** The first link of a text part. */
const LINK = /https?:\/\/[^\s<>"]+/;

/** The development mailbox as a page: no script, and the text parts only. */
export function mailboxPage(mails: readonly MailboxMail[]): string {
  const content =
    mails.length === 0
      ? '<p>No mail yet. Ask for a sign-in link, then reload this page.</p>'
      : mails.map(article).join('\n');
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Development mailbox</title>
<style>${STYLE}</style>
</head>
<body>
<h1>Development mailbox</h1>
<p><a href="/dev/mailbox">Reload</a></p>
${content}
</body>
</html>
`;
}

function article({ to, from, subject, text, received_at }: MailboxMail): string {
  const link = LINK.exec(text)?.[0];
  return `<article>
<h2>${escapeHtml(subject)}</h2>
<dl>
<dt>To</dt><dd>${escapeHtml(to)}</dd>
<dt>From</dt><dd>${escapeHtml(from)}</dd>
<dt>Received</dt><dd>${escapeHtml(received_at.toISOString())}</dd>
${link === undefined ? '' : `<dt>Link</dt><dd><a rel="noreferrer" href="${escapeHtml(link)}">${escapeHtml(link)}</a></dd>`}
</dl>
<pre>${escapeHtml(text)}</pre>
</article>`;
}

const ENTITIES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

function escapeHtml(text: string): string {
  return text.replace(/[&<>"']/g, (character) => ENTITIES[character] ?? '');
}
