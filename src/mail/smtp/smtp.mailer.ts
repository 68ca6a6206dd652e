import { createTransport } from 'nodemailer';

import type { Mailer, OutgoingMail } from '../mailer';
import { parseSmtpConnection, type SmtpConnectionOptions } from './smtp-connection';
import { smtpFailure } from './smtp-failure';

export interface SmtpMailerOptions extends SmtpConnectionOptions {
  /** The sender's address. */
  readonly from: string;
  /** The name that mail programs show instead of the sender's address. */
  readonly senderName: string;
  /** Most connections that are open at the same time. */
  readonly connections: number;
}

/**
 * Timeouts for a server that does not answer, in milliseconds. RFC 5321, section 4.5.3.2, suggests
 * minutes. They are shorter because a person waits for the mail, and another attempt follows soon.
 */
const TIMEOUTS = { dns: 5_000, connection: 10_000, greeting: 10_000, silence: 20_000 } as const;

/** Hands mail to an SMTP server over pooled connections. */
export class SmtpMailer implements Mailer {
  private readonly transport: ReturnType<typeof newTransport>;

  /** @throws TypeError naming `mail.smtpUrl` when it is invalid. */
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
        // RFC 3834, section 5: asks programs not to reply automatically.
        headers: { 'Auto-Submitted': 'auto-generated', 'X-Auto-Response-Suppress': 'All' },
        signal,
      });
    } catch (error) {
      throw smtpFailure(error);
    }
  }

  /** Closes the connections. A mail that is being sent on one of them fails. */
  close(): void {
    this.transport.close();
  }
}

function newTransport(options: SmtpMailerOptions) {
  return createTransport({
    ...parseSmtpConnection(options),
    pool: true,
    maxConnections: options.connections,
    // The outbox retries, and knows when to stop.
    maxRequeues: 0,
    dnsTimeout: TIMEOUTS.dns,
    connectionTimeout: TIMEOUTS.connection,
    greetingTimeout: TIMEOUTS.greeting,
    socketTimeout: TIMEOUTS.silence,
    // Keeps a mail from attaching files or URLs that it names.
    disableFileAccess: true,
    disableUrlAccess: true,
  });
}

function domainOf(address: string): string {
  return address.slice(address.lastIndexOf('@') + 1);
}
