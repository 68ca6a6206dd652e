import type { AddressInfo } from 'node:net';

import { type ParsedMail, simpleParser } from 'mailparser';
import { SMTPServer, type SMTPServerOptions } from 'smtp-server';

import { TEST_CERTIFICATE, TEST_CERTIFICATE_KEY } from './smtp-certificate';

/** A mail as the server got it. */
export interface ReceivedMail {
  readonly recipients: readonly string[];
  readonly overTls: boolean;
  readonly source: string;
  readonly parsed: ParsedMail;
}

export interface TestSmtpServer {
  readonly port: number;
  /** What was accepted, in the order of arrival. */
  readonly mails: readonly ReceivedMail[];
  /** How many connections were opened. */
  connections(): number;
  openConnections(): number;
  stop(): Promise<void>;
}

export interface TestSmtpSettings extends SMTPServerOptions {
  /** The port of a server that stopped. @default any free one */
  readonly port?: number;
  /** Looks at a mail before it is accepted; what it throws is the server's answer. */
  readonly beforeAccept?: (mail: ReceivedMail) => void | Promise<void>;
}

/** Starts a real SMTP server on 127.0.0.1, which offers neither TLS nor logins by itself. */
export async function startSmtpServer({
  port = 0,
  beforeAccept,
  ...options
}: TestSmtpSettings = {}): Promise<TestSmtpServer> {
  const mails: ReceivedMail[] = [];
  let connections = 0;
  let openConnections = 0;
  const server = new SMTPServer({
    authOptional: true,
    disabledCommands: ['AUTH', 'STARTTLS'],
    disableReverseLookup: true,
    closeTimeout: 100,
    onConnect: (_session, answer) => {
      connections += 1;
      openConnections += 1;
      answer();
    },
    onClose: () => {
      openConnections -= 1;
    },
    onData: (stream, session, answer) => {
      const chunks: Buffer[] = [];
      stream.on('data', (chunk: Buffer) => chunks.push(chunk));
      stream.on('end', () => {
        void (async () => {
          const source = Buffer.concat(chunks).toString('utf8');
          const mail: ReceivedMail = {
            recipients: session.envelope.rcptTo.map(({ address }) => address),
            overTls: session.secure,
            source,
            parsed: await simpleParser(source),
          };
          await beforeAccept?.(mail);
          mails.push(mail);
        })().then(
          () => answer(),
          (error: unknown) => answer(error as Error),
        );
      });
    },
    ...options,
  });
  // A client that hangs up in the middle is a case of some tests, not a failure of the server.
  server.on('error', () => undefined);
  await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve));
  return {
    port: (server.server.address() as AddressInfo).port,
    mails,
    connections: () => connections,
    openConnections: () => openConnections,
    stop: () => new Promise((resolve) => server.close(() => resolve())),
  };
}

/** The answer of a server that does not take a mail. */
export function smtpReply(code: number, words: string): Error {
  return Object.assign(new Error(words), { responseCode: code });
}

/** TLS as a server inside somebody's own network has it. */
export const WITH_TLS: Pick<SMTPServerOptions, 'key' | 'cert' | 'disabledCommands'> = {
  key: TEST_CERTIFICATE_KEY,
  cert: TEST_CERTIFICATE,
  disabledCommands: ['AUTH'],
};
