import { createTestDatabase, type TestDatabase } from '../postgres/database';
import { type MailProcess, type MailProcessSettings, startMailProcess } from './mail-process';
import { composeForUser, KIND, OutboxView } from './outbox';

/** A database for the file, and as many processes with the mail module on it as a test starts. */
export interface MailProcesses {
  /** The outbox that they share. */
  readonly view: OutboxView;
  /** Starts one, which is stopped after the test at the latest. */
  readonly start: (settings?: Partial<MailProcessSettings>) => Promise<MailProcess>;
}

/** Each test finds an empty outbox and no process. */
export function useMailProcesses(): MailProcesses {
  const view = new OutboxView();
  const running = new Set<MailProcess>();
  let database: TestDatabase;

  beforeAll(async () => {
    database = await createTestDatabase();
    await view.connect(database.superuserUrl);
  });

  afterEach(async () => {
    await Promise.all([...running].map((process) => process.stop()));
    await view.sql('DELETE FROM mail_outbox');
  });

  afterAll(async () => {
    await view.close();
    await database.drop();
  });

  const start: MailProcesses['start'] = async (settings = {}) => {
    const process = await startMailProcess({
      url: database.appUrl,
      composers: { [KIND]: composeForUser },
      ...settings,
    });
    const started: MailProcess = {
      ...process,
      stop: async () => {
        if (running.delete(started)) await process.stop();
      },
    };
    running.add(started);
    return started;
  };

  return { view, start };
}
