import { type MailError, PermanentMailError, TransientMailError } from '../mailer';

/** The safe parts of nodemailer's errors. Their messages repeat the server's. */
interface SmtpErrorFacts {
  readonly code?: unknown;
  readonly responseCode?: unknown;
  /** The code of Node.js, where nodemailer replaced it with its own. */
  readonly originalCode?: unknown;
}

/** The names of nodemailer's error codes in the outbox and the log. */
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

/** Error codes of Node.js and OpenSSL for refused certificates and failed handshakes. */
const TLS_ERROR = /CERT|SIGNATURE|UNABLE_TO|ERR_TLS|ERR_SSL/;

/**
 * Replies to the mail itself (MAIL, RCPT, DATA). A 5yz reply to anything else, such as the greeting
 * or the login, is about the server or our configuration, so retrying may succeed once it is fixed.
 */
const ABOUT_THE_MAIL: ReadonlySet<unknown> = new Set(['EENVELOPE', 'EMESSAGE']);

/**
 * 5yz replies that are about the session, not the mail: 503, a bad sequence of commands (RFC
 * 5321, section 4.2.2), and 530, 534, 535, 538: authentication or encryption required (RFC 3207,
 * section 4; RFC 4954, section 6).
 */
const ABOUT_THE_SESSION: ReadonlySet<number> = new Set([503, 530, 534, 535, 538]);

/** Turns nodemailer's error into our own, without the server's message. */
export function smtpFailure(error: unknown): MailError {
  const { code, responseCode, originalCode }: SmtpErrorFacts =
    typeof error === 'object' && error !== null ? error : {};
  const isAboutTheMail = ABOUT_THE_MAIL.has(code);
  if (code === 'ETLS' || (typeof originalCode === 'string' && TLS_ERROR.test(originalCode))) {
    return new TransientMailError('tls');
  }

  if (typeof responseCode === 'number') {
    const failure = `smtp ${responseCode}`;
    const isPermanent =
      isAboutTheMail && responseCode >= 500 && !ABOUT_THE_SESSION.has(responseCode);
    return isPermanent ? new PermanentMailError(failure) : new TransientMailError(failure);
  }
  const failure = (typeof code === 'string' ? FAILURES[code] : undefined) ?? 'unknown';
  // Without a reply, nodemailer itself refused the address or the message.
  return isAboutTheMail ? new PermanentMailError(failure) : new TransientMailError(failure);
}
