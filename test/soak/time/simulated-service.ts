import { randomBytes } from 'node:crypto';

import type { LoggerService } from '@nestjs/common';
import type { NestExpressApplication } from '@nestjs/platform-express';
import { Pool } from 'pg';

import { createService } from '../../../src/app/service';
import type { AuthModuleOptions } from '../../../src/auth/auth.module';
import { CleanUp } from '../../../src/clean-up/clean-up.service';
import type { Mailer } from '../../../src/mail/mailer';
import { BEHIND_PROXY } from '../../support/http/client';
import { HostModule } from '../../support/http/guarded-route';
import { createTestDatabase } from '../../support/postgres/database';
import { privately } from '../../support/privately';
import { TEST_PUBLIC_URL } from '../../support/test-service';
import type { Sql } from '../bookkeeper';
import { DatabaseTime } from './database-time';
import { SimulatedClock } from './simulated-clock';
import { START } from './start';

/** The standalone service with its defaults, on a database of its own, in a time of its own. */
export interface SimulatedService {
  readonly app: NestExpressApplication;
  readonly url: string;
  /** Asks as the superuser, who has real time. */
  readonly sql: Sql;
  setTime(to: Date): Promise<void>;
  /** @returns whether it came to its end. */
  cleanUp(stopping: AbortSignal): Promise<boolean>;
  /** What the service has logged as an error. */
  readonly errors: readonly string[];
  stop(): Promise<void>;
}

/** Connections are kept from one request to the next, however long a machine pauses in between. */
const KEEP_ALIVE_MILLISECONDS = 10 * 60_000;

export async function startSimulatedService(
  mailer: Mailer,
  options: Pick<AuthModuleOptions, 'contextPolicy'> = {},
): Promise<SimulatedService> {
  const database = await createTestDatabase();
  const time = await DatabaseTime.install(database);
  const clock = new SimulatedClock();
  const errors: string[] = [];
  const setTime = async (to: Date): Promise<void> => {
    await time.set(to);
    clock.set(to);
  };
  await setTime(START);
  const app = await createService({
    auth: {
      masterKey: randomBytes(32).toString('hex'),
      publicUrl: TEST_PUBLIC_URL,
      database: { url: database.appUrl },
      mailer,
      // It waits for real time between its runs.
      cleanUp: { intervalSeconds: 0 },
      ...BEHIND_PROXY,
      ...options,
    },
    logger: errorLogger(errors),
    imports: [HostModule],
  });
  clock.replaceThatOf(app);
  await app.listen(0, '127.0.0.1');
  const server = app.getHttpServer();
  server.keepAliveTimeout = KEEP_ALIVE_MILLISECONDS;
  const { port } = server.address() as { port: number };
  const superuser = new Pool({ connectionString: database.superuserUrl, max: 3 });
  return {
    app,
    url: `http://127.0.0.1:${port}`,
    sql: async <Row extends object>(text: string, parameters: unknown[] = []): Promise<Row[]> =>
      (await superuser.query<Row>(text, parameters)).rows,
    setTime,
    cleanUp: async (stopping) => (await privately(app, CleanUp).run(stopping)) === 'completed',
    errors,
    stop: async () => {
      await app.close();
      await superuser.end();
      await time.close();
      await database.drop();
    },
  };
}

/** Access logs of half a million requests are of no use to anybody. */
function errorLogger(errors: string[]): LoggerService {
  return {
    log: () => undefined,
    warn: () => undefined,
    error: (...parts: unknown[]) =>
      errors.push(parts.map((part) => JSON.stringify(part)).join(' ')),
  };
}
