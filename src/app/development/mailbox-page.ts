import { join } from 'node:path';

import { Eta } from 'eta';

import type { MailboxMail } from './mailbox.mailer';

export const MAILBOX_PATH = '/dev/mailbox';

/** The style sheet and icon of the hosted pages, and a frame for the mail; no script. */
export const MAILBOX_PAGE_POLICY = [
  "default-src 'none'",
  "style-src 'self'",
  "img-src 'self'",
  "frame-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join('; ');

/**
 * For a mail, which is a document of its own. Its style is inline, as mail programs need it. It may
 * not run scripts and does not have the mailbox's origin; pages that its links open may and do.
 */
export const MAIL_CONTENT_POLICY = [
  "default-src 'none'",
  "style-src 'unsafe-inline'",
  "form-action 'none'",
  "frame-ancestors 'self'",
  'sandbox allow-popups allow-popups-to-escape-sandbox',
].join('; ');

/** The first link of a text part. */
const LINK = /https?:\/\/[^\s<>"]+/;

/** The code stands alone on a line (docs/reference/http-api.md#the-mailed-link). */
const CODE_LINE = /^\d{6}$/m;

const RECEIVED = new Intl.DateTimeFormat('en-GB', { dateStyle: 'medium', timeStyle: 'medium' });

/** Values are escaped wherever a template puts them. */
const templates = new Eta({ views: join(__dirname, 'templates'), cache: true, autoEscape: true });

/** The list of mails, in the order in which they are given. */
export function mailboxPage(mails: readonly MailboxMail[]): string {
  return templates.render('mailbox', { mails: mails.map(view) });
}

/** One mail, with both of its parts. */
export function mailPage(mail: MailboxMail): string {
  return templates.render('mail', view(mail));
}

/** The HTML part, whose links open in a tab of their own: the frame would not show the pages. */
export function mailContent({ html }: MailboxMail): string {
  return html.replace('<head>', '<head><base target="_blank">');
}

function view({ id, to, from, subject, text, received_at }: MailboxMail): object {
  return {
    path: `${MAILBOX_PATH}/${id}`,
    to,
    from,
    subject,
    text,
    received: received_at.toISOString(),
    receivedLocally: RECEIVED.format(received_at),
    link: LINK.exec(text)?.[0],
    code: CODE_LINE.exec(text)?.[0],
  };
}
