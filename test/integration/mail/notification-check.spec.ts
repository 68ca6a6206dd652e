import { NotificationCheck } from '../../../src/database/notification-check.service';
import { createTestDatabase, type TestDatabase } from '../../support/postgres/database';
import { PostgresProxy } from '../../support/postgres/postgres-proxy';
import { startTestService, type TestService } from '../../support/test-service';
import { waitFor } from '../../support/wait-for';

const WARNING = 'Notifications of the database do not arrive';

let database: TestDatabase;
let proxy: PostgresProxy;
let service: TestService | undefined;

beforeAll(async () => {
  database = await createTestDatabase();
  proxy = await PostgresProxy.open(database.appUrl);
});

afterEach(async () => {
  await service?.stop();
});

afterAll(async () => {
  await proxy.close();
  await database.drop();
});

const start = async (): Promise<TestService> =>
  startTestService({ database, options: { database: { url: proxy.url } } });

const isFound = async (started: TestService, state: string): Promise<true> =>
  waitFor(`notifications to be ${state}`, () =>
    started.app.get(NotificationCheck).state === state ? true : undefined,
  );

it('a service that hears notifications says nothing of them', async () => {
  service = await start();
  await isFound(service, 'heard');
  expect(service.logger.lines.join('\n')).not.toContain(WARNING);
});

it('a service that hears none, as behind a pooler in transaction mode, says so and works', async () => {
  proxy.losesNotifications = true;
  service = await start();
  await isFound(service, 'missed');
  expect(service.logger.lines.filter((line) => line.includes(WARNING))).toHaveLength(1);
  await service.signIn('ada@example.com');
});
