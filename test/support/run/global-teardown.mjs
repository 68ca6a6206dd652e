import { copyFile } from 'node:fs/promises';
import { join } from 'node:path';

/** Stops what `global-setup.mjs` started; the server's files go with it. */
export default async function stopServer() {
  const { testServer } = globalThis;
  const sqlLog = process.env.MIRA_TEST_SQL_LOG;
  if (sqlLog !== undefined) await copyFile(join(testServer.directory, 'postgres.log'), sqlLog);
  await testServer.stop();
}
