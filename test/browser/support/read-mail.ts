import type { MailboxMail } from '../../../src/app/development/mailbox.mailer';
import { decodePart } from '../../support/tokens/forged-token';

/** What a person finds in a sign-in mail. */
export interface ReadMail {
  readonly html: string;
  /** The path of its page in the development mailbox. */
  readonly path: string;
  /** The link that signs in. */
  readonly link: string;
  /** The id of that link. */
  readonly linkId: string;
  /** The six digits beside it. */
  readonly code: string;
  /** The link of "this wasn't me". */
  readonly reportLink: string;
  /** Every address in it, as programs find them that look into mails. */
  readonly links: readonly string[];
}

/** What a person finds in a mail about a sign-in on a new device. */
export interface ReadNotice {
  /** The link of "this wasn't me". */
  readonly reportLink: string;
  /** Every address in it, as programs find them that look into mails. */
  readonly links: readonly string[];
}

export function readNotice({ text, html }: MailboxMail): ReadNotice {
  return { reportLink: found(REPORT_LINK, text), links: linksIn(text, html) };
}

export function readMail({ id, text, html }: MailboxMail): ReadMail {
  const link = found(/^http\S+#token=\S+$/m, text);
  return {
    html,
    path: `/dev/mailbox/${id}`,
    link,
    linkId: String(decodePart(link.split('#token=')[1] ?? '', 1)['jti']),
    code: found(/^\d{6}$/m, text),
    reportLink: found(REPORT_LINK, text),
    links: linksIn(text, html),
  };
}

const REPORT_LINK = /^http\S+#report=\S+$/m;

function linksIn(...parts: readonly string[]): string[] {
  return [...new Set(parts.join(' ').match(/https?:\/\/[^\s"<>]+/g))];
}

function found(pattern: RegExp, text: string): string {
  const match = pattern.exec(text)?.[0];
  if (match === undefined) throw new Error(`the mail holds nothing like ${pattern.source}`);
  return match;
}
