import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { type AddressInfo, createServer } from 'node:net';

import { Client, type QueryResultRow } from 'pg';

import { DevelopmentModule } from '../../../src/app/development/development.module';
import { MailboxMailer } from '../../../src/app/development/mailbox.mailer';
import { startService } from '../../../src/app/service';
import { SystemClock } from '../../../src/common/clock';
import { CapturingLogger } from '../../support/capturing-logger';
import { createTestDatabase } from '../../support/postgres/database';
import { mailedTokenIn } from '../../support/sign-in/sign-in-flow';
import { LIMITS_OFF } from '../../support/test-service';
import { waitFor } from '../../support/wait-for';
import { type ReadMail, readMail, type ReadNotice, readNotice } from './read-mail';

/** Where sign-ins may lead, beside the pages of the service. */
export const APPLICATION = 'http://localhost:4200/inbox';

/** The standalone service with its development mailbox, at the address that its mails name. */
export interface BrowserService {
  /** `http://localhost:<port>` */
  readonly url: string;
  /** Asks for a link as a program does, without a device's secret unless the headers have it. */
  askForLink(
    email: string,
    headers: Readonly<Record<string, string>>,
    redirectTo?: string,
  ): Promise<void>;
  /** Waits for a sign-in mail to an address. @param ordinal 1 for the first that came. */
  mailTo(email: string, ordinal?: number): Promise<ReadMail>;
  /** Waits for a mail to an address about a sign-in on a new device: the links in it. */
  newSignInMailTo(email: string): Promise<ReadNotice>;
  /** The mails that there are to an address, of all kinds. */
  countMailsTo(email: string): number;
  /** Runs SQL as the superuser, to prepare states. */
  sql<Row extends QueryResultRow>(text: string, parameters?: unknown[]): Promise<Row[]>;
  stop(): Promise<void>;
}

/**
 * All visitors of a test come from one network, so that its limits are off; those that shall not
 * say so in `X-Forwarded-For`, as a proxy would.
 */
export async function startBrowserService(): Promise<BrowserService> {
  const database = await createTestDatabase();
  const mailbox = new MailboxMailer(new SystemClock());
  const port = await freePort();
  // Requests whose Origin is not this very address are refused.
  const url = `http://localhost:${port.toString()}`;
  const service = await startService({
    auth: {
      masterKey: randomBytes(32).toString('hex'),
      publicUrl: url,
      database: { url: database.appUrl },
      mailer: mailbox,
      trustedProxies: ['127.0.0.1'],
      allowedRedirects: [APPLICATION],
      magicLink: LIMITS_OFF,
    },
    imports: [DevelopmentModule.forRoot(mailbox)],
    http: { host: '127.0.0.1', port },
    logger: new CapturingLogger(),
    graceMilliseconds: 0,
  });
  const superuser = new Client({ connectionString: database.superuserUrl });
  await superuser.connect();
  return {
    url,
    askForLink: async (email, headers, redirectTo) => {
      const { status } = await fetch(`${url}/auth/magic-link/request`, {
        method: 'POST',
        headers: { 'Content-Type': 'application/json', ...headers },
        body: JSON.stringify({ email, redirect_to: redirectTo }),
      });
      if (status !== 200) throw new Error(`asking for a link was answered ${status.toString()}`);
    },
    mailTo: async (email, ordinal = 1) =>
      waitFor(`mail ${ordinal.toString()} to ${email}`, () => {
        const mail = mailbox
          .list()
          .filter(({ to, text }) => to === email && mailedTokenIn(text) !== undefined)
          .at(-ordinal);
        return mail && readMail(mail);
      }),
    newSignInMailTo: async (email) =>
      waitFor(`mail about a sign-in to ${email}`, () => {
        const mail = mailbox
          .list()
          .find(({ to, text }) => to === email && mailedTokenIn(text) === undefined);
        return mail && readNotice(mail);
      }),
    countMailsTo: (email) => mailbox.list().filter(({ to }) => to === email).length,
    sql: async <Row extends QueryResultRow>(text: string, parameters: unknown[] = []) =>
      (await superuser.query<Row>(text, parameters)).rows,
    stop: async () => {
      await service.stop();
      await superuser.end();
      await database.drop();
    },
  };
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}
