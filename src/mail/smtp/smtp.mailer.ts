import { createTransport } from 'nodemailer';

import type { Mailer, OutgoingMail } from '../mailer';
import { parseSmtpConnection, type SmtpConnectionOptions } from './smtp-connection';
import { smtpFailure } from './smtp-failure';

export interface SmtpMailerOptions extends SmtpConnectionOptions {
  /** The sender's address. */
  readonly from: string;
  /** The name that mail programs show in place of the sender's address. */
  readonly senderName: string;
  /** Most connections that are open together. */
  readonly connections: number;
}

/**
 * Bounds on a server that does not answer, in milliseconds. RFC 5321, section 4.5.3.2, would wait
 * for minutes; here a person waits for the mail, and another attempt follows soon.
 */
const TIMEOUTS = { dns: 5_000, connection: 10_000, greeting: 10_000, silence: 20_000 } as const;

/** Hands mail to an SMTP server, over connections that are kept for the next mail. */
export class SmtpMailer implements Mailer {
  private readonly transport: ReturnType<typeof newTransport>;

  /** @throws TypeError naming `mail.smtpUrl` when it is not of the form that is taken. */
  constructor(private readonly options: SmtpMailerOptions) {
    this.transport = newTransport(options);
  }

  async send(mail: OutgoingMail, signal: AbortSignal): Promise<void> {
    const { from, senderName } = this.options;
    try {
      await this.transport.sendMail({
        from: { name: senderName, address: from },
        to: { name: '', address: mail.to.address },
        subject: mail.subject,
        text: mail.text,
        html: mail.html,
        messageId: `<${mail.id}@${domainOf(from)}>`,
        // RFC 3834, section 5: no program shall answer this mail.
        headers: { 'Auto-Submitted': 'auto-generated', 'X-Auto-Response-Suppress': 'All' },
        signal,
      });
    } catch (error) {
      throw smtpFailure(error);
    }
  }

  /** Closes the connections; what is still being sent on one of them fails. */
  close(): void {
    this.transport.close();
  }
}

function newTransport(options: SmtpMailerOptions) {
  return createTransport({
    ...parseSmtpConnection(options),
    pool: true,
    maxConnections: options.connections,
    // The outbox tries again, and knows until when.
    maxRequeues: 0,
    dnsTimeout: TIMEOUTS.dns,
    connectionTimeout: TIMEOUTS.connection,
    greetingTimeout: TIMEOUTS.greeting,
    socketTimeout: TIMEOUTS.silence,
    // No part of a mail may name a file or a URL to be read.
    disableFileAccess: true,
    disableUrlAccess: true,
  });
}

function domainOf(address: string): string {
  return address.slice(address.lastIndexOf('@') + 1);
}
