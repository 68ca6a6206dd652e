/** One mail as it leaves the service. Its subject holds nothing that a stranger chose. */
export interface OutgoingMail {
  /**
   * The same at each attempt to send this mail. A mail may be sent twice when a process dies
   * between the server's answer and our record of it, and receivers know a repetition by it.
   */
  readonly id: string;
  /** An object, never a string that a mailer would have to parse for names, lists and groups. */
  readonly to: { readonly address: string };
  readonly subject: string;
  readonly text: string;
  readonly html: string;
}

/**
 * How mail leaves the service. A host replaces it with its own by giving a mailer to the module.
 */
export interface Mailer {
  /**
   * Hands one mail over, and returns once the next server has taken responsibility for it.
   *
   * @param signal aborts when the attempt has taken too long or the process stops. A mailer that
   *   cannot abort may ignore it: nobody waits for it any longer, and the mail is tried again.
   * @throws PermanentMailError when this mail will never be accepted, so that it is given up.
   *   Any other error means that trying again later makes sense.
   */
  send(mail: OutgoingMail, signal: AbortSignal): Promise<void>;
}

export const Mailer = Symbol('Mailer');

/** Injection token of the mailer that a host brings, which takes the place of SMTP. Optional. */
export const HOST_MAILER = Symbol('HostMailer');

/**
 * A mail that was not sent.
 *
 * `failure` is a class of failure such as `smtp 451` or `timeout`. It is stored and logged, so it
 * never holds the server's words, which may repeat the address.
 */
export class MailError extends Error {
  constructor(readonly failure: string) {
    super(`The mail was not sent: ${failure}.`);
    this.name = new.target.name;
  }
}

/** The mail was refused for good (RFC 5321, section 4.2.1: a 5yz reply). */
export class PermanentMailError extends MailError {}

/** The mail was not taken this time; the same mail may be taken later. */
export class TransientMailError extends MailError {}
