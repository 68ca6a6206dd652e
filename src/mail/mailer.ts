/** One mail as it leaves the service. Its subject holds no text that a stranger chose. */
export interface OutgoingMail {
  /**
   * The same at each attempt to send this mail. A mail may be sent twice when a process dies
   * between the server's answer and our record of it; receivers can detect the duplicate by its id.
   */
  readonly id: string;
  /** An object, so that a mailer need not parse a string, which may hold names, lists or groups. */
  readonly to: { readonly address: string };
  readonly subject: string;
  readonly text: string;
  readonly html: string;
}

/**
 * Hands mail to a mail server. A host may pass its own implementation to the module.
 */
export interface Mailer {
  /**
   * Hands one mail over, and returns once the next server has taken responsibility for it.
   *
   * @param signal aborts when the attempt takes too long or the process stops. A mailer that cannot
   *   abort may ignore it: its result is then ignored, and the mail is sent again.
   * @throws PermanentMailError when this mail will never be accepted: the mail is given up. After
   *   any other error the mail is sent again later.
   */
  send(mail: OutgoingMail, signal: AbortSignal): Promise<void>;
}

export const Mailer = Symbol('Mailer');

/** Injection token of the host's own mailer, which replaces SMTP. Optional. */
export const HOST_MAILER = Symbol('HostMailer');

/**
 * A mail that was not sent.
 *
 * `failure` is a class of failure such as `smtp 451` or `timeout`. It is stored and logged, so it
 * never holds the server's message, which may repeat the address.
 */
export class MailError extends Error {
  constructor(readonly failure: string) {
    super(`The mail was not sent: ${failure}.`);
    this.name = new.target.name;
  }
}

/** The mail was refused for good (RFC 5321, section 4.2.1: a 5yz reply). */
export class PermanentMailError extends MailError {}

/** The mail was not accepted this time, but may be later. */
export class TransientMailError extends MailError {}
