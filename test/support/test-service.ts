import { randomBytes } from 'node:crypto';

import type { DynamicModule } from '@nestjs/common';
import type { NestExpressApplication } from '@nestjs/platform-express';
import { Client } from 'pg';
import request, { type Agent } from 'supertest';

import { MailboxMailer } from '../../src/app/development/mailbox.mailer';
import { createService } from '../../src/app/service';
import type { AuthModuleOptions, AuthModuleStructure } from '../../src/auth/auth.module';
import { SystemClock } from '../../src/common/clock';
import { CapturingLogger } from './capturing-logger';
import { createTestDatabase, type TestDatabase } from './postgres/database';
import { mailedTokenIn, type SignInFlow, signInFlow } from './sign-in/sign-in-flow';
import { waitFor } from './wait-for';

export const TEST_PUBLIC_URL = 'http://localhost:3000';

/** The whole standalone service on a real database, over real HTTP. */
export interface TestService extends SignInFlow {
  readonly app: NestExpressApplication;
  readonly database: TestDatabase;
  readonly mailbox: MailboxMailer;
  readonly logger: CapturingLogger;
  /** A supertest agent that keeps no cookies; requests come from 127.0.0.1. */
  readonly http: Agent;
  /** `http://127.0.0.1:<port>` */
  readonly url: string;
  /** Runs SQL as the superuser: to look behind the scenes and to prepare states. */
  sql<Row extends object = Record<string, unknown>>(
    text: string,
    parameters?: unknown[],
  ): Promise<Row[]>;
  /** Waits for the newest mail to an address and returns its link's token. */
  mailedToken(email: string, ordinal?: number): Promise<string>;
  stop(): Promise<void>;
}

export interface TestServiceSettings {
  readonly options?: Partial<AuthModuleOptions & AuthModuleStructure>;
  /** Of another service, to run a second instance beside it. */
  readonly database?: TestDatabase;
  /** Of another service: instances on one database deliver each other's mail. */
  readonly mailbox?: MailboxMailer;
  readonly masterKey?: string;
  /** Modules of the service's own, with routes that want a session. */
  readonly imports?: NonNullable<DynamicModule['imports']>;
}

/**
 * Starts the service as the standalone app makes it. Limits are off unless a test turns them on:
 * all requests of a test come from one address.
 */
export async function startTestService({
  options,
  database: given,
  mailbox = new MailboxMailer(new SystemClock()),
  masterKey = TEST_MASTER_KEY,
  imports = [],
}: TestServiceSettings = {}): Promise<TestService> {
  const database = given ?? (await createTestDatabase());
  const logger = new CapturingLogger();
  const app = await createService({
    auth: {
      masterKey,
      publicUrl: TEST_PUBLIC_URL,
      database: { url: database.appUrl },
      mailer: mailbox,
      ...options,
      magicLink: { ...LIMITS_OFF, ...options?.magicLink },
    },
    logger,
    imports,
  });
  await app.listen(0, '127.0.0.1');
  const { port } = app.getHttpServer().address() as { port: number };
  const url = `http://127.0.0.1:${port.toString()}`;
  const http = request(url) as unknown as Agent;
  const superuser = new Client({ connectionString: database.superuserUrl });
  // Tests that restart the server don't ask by this connection again.
  superuser.on('error', () => undefined);
  await superuser.connect();
  return {
    app,
    database,
    mailbox,
    logger,
    http,
    url,
    sql: async <Row extends object>(text: string, parameters: unknown[] = []): Promise<Row[]> =>
      (await superuser.query<Row>(text, parameters)).rows,
    mailedToken: async (email, ordinal = 1) =>
      waitFor(`mail ${ordinal.toString()} to ${email}`, () => {
        const mails = mailbox.list().filter((mail) => mail.to === email);
        if (mails.length < ordinal) return undefined;
        return mailedTokenIn(mails[0]?.text ?? '');
      }),
    ...signInFlow(http, mailbox),
    stop: async () => {
      await app.close();
      await superuser.end();
      if (given === undefined) await database.drop();
    },
  };
}

/** Starts another instance on the database of one that runs; they deliver each other's mail. */
export async function startBeside(
  { database, mailbox }: TestService,
  settings: Omit<TestServiceSettings, 'database' | 'mailbox'> = {},
): Promise<TestService> {
  return startTestService({ database, mailbox, ...settings });
}

/** Random for each run: nothing may depend on it. */
const TEST_MASTER_KEY = randomBytes(32).toString('hex');

const OFF = { limit: 0, windowSeconds: 60 };

export const LIMITS_OFF = {
  addressAndNetworkLimit: OFF,
  addressLimit: OFF,
  networkLimit: OFF,
  serviceLimit: OFF,
  verificationLimit: OFF,
};
