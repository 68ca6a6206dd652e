import { type MailError, PermanentMailError, TransientMailError } from '../mailer';

/** The parts of nodemailer's errors that say what happened. Its messages repeat the server's. */
interface SmtpErrorFacts {
  readonly code?: unknown;
  readonly responseCode?: unknown;
  /** What Node.js said where nodemailer put a code of its own. */
  readonly originalCode?: unknown;
}

/** What nodemailer's error codes are called in the outbox and the log. */
const FAILURES: Readonly<Record<string, string>> = {
  ETIMEDOUT: 'timeout',
  ECONNECTION: 'connection',
  ESOCKET: 'connection',
  EPROTOCOL: 'protocol',
  EDNS: 'dns',
  EAUTH: 'authentication',
  ENOAUTH: 'authentication',
  EABORT: 'aborted',
  EENVELOPE: 'envelope',
  EMESSAGE: 'message',
};

/** How Node.js and OpenSSL name certificates that they refuse, and handshakes that fail. */
const TLS_ERROR = /CERT|SIGNATURE|UNABLE_TO|ERR_TLS|ERR_SSL/;

/**
 * What was said to the mail itself (MAIL, RCPT, DATA). A 5yz to anything else, such as the
 * greeting or a login, is about the server or our configuration, which somebody will put right.
 */
const ABOUT_THE_MAIL: ReadonlySet<unknown> = new Set(['EENVELOPE', 'EMESSAGE']);

/**
 * 5yz replies that are about the session, not the mail: 503, a bad sequence of commands (RFC
 * 5321, section 4.2.2), and 530, 534, 535, 538: authentication or encryption required (RFC 3207,
 * section 4; RFC 4954, section 6).
 */
const ABOUT_THE_SESSION: ReadonlySet<number> = new Set([503, 530, 534, 535, 538]);

/** Turns what nodemailer throws into our own error, without the server's words. */
export function smtpFailure(error: unknown): MailError {
  const { code, responseCode, originalCode }: SmtpErrorFacts =
    typeof error === 'object' && error !== null ? error : {};
  const isAboutTheMail = ABOUT_THE_MAIL.has(code);
  if (code === 'ETLS' || (typeof originalCode === 'string' && TLS_ERROR.test(originalCode)))
    return new TransientMailError('tls');

  if (typeof responseCode === 'number') {
    const failure = `smtp ${responseCode}`;
    const isPermanent =
      isAboutTheMail && responseCode >= 500 && !ABOUT_THE_SESSION.has(responseCode);
    return isPermanent ? new PermanentMailError(failure) : new TransientMailError(failure);
  }
  const failure = (typeof code === 'string' ? FAILURES[code] : undefined) ?? 'unknown';
  // Without a reply it is nodemailer that found an address or a message which it cannot send.
  return isAboutTheMail ? new PermanentMailError(failure) : new TransientMailError(failure);
}
