import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { type AddressInfo, createServer } from 'node:net';

import { Client } from 'pg';

import { DevelopmentModule } from '../../../src/app/development/development.module';
import { MailboxMailer } from '../../../src/app/development/mailbox.mailer';
import { startService } from '../../../src/app/service';
import { SystemClock } from '../../../src/common/clock';
import { CapturingLogger } from '../../support/capturing-logger';
import { createTestDatabase } from '../../support/postgres/database';
import { mailedTokenIn } from '../../support/sign-in/sign-in-flow';
import { LIMITS_OFF } from '../../support/test-service';
import { waitFor } from '../../support/wait-for';
import { type ReadMail, readMail } from './read-mail';

/** The standalone service with its development mailbox, at the address that its mails name. */
export interface BrowserService {
  /** `http://localhost:<port>` */
  readonly url: string;
  /** Waits for a sign-in mail to an address. @param ordinal 1 for the first that came. */
  mailTo(email: string, ordinal?: number): Promise<ReadMail>;
  /** Runs SQL as the superuser, to prepare states. */
  sql(text: string, parameters?: unknown[]): Promise<void>;
  stop(): Promise<void>;
}

/** All visitors of a test come from one network, so that its limits are off. */
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
    mailTo: async (email, ordinal = 1) =>
      waitFor(`mail ${ordinal.toString()} to ${email}`, () => {
        const mail = mailbox
          .list()
          .filter(({ to, text }) => to === email && mailedTokenIn(text) !== undefined)
          .at(-ordinal);
        return mail && readMail(mail);
      }),
    sql: async (text, parameters = []) => {
      await superuser.query(text, parameters);
    },
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
