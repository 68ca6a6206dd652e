import { writeFile } from 'node:fs/promises';

import { createTestDatabase } from '../../support/postgres/database';
import { inRepository } from '../../support/repository';
import { SCHEMA_FILE, schemaFileOf } from './schema-file';

/** `npm run docs:schema`: migrates a database of its own, and writes down what came of it. */
async function main(): Promise<void> {
  const { default: startServer } = await import('../../support/run/global-setup.mjs');
  const { default: stopServer } = await import('../../support/run/global-teardown.mjs');
  await startServer();
  try {
    const { superuserUrl } = await createTestDatabase();
    await writeFile(inRepository(SCHEMA_FILE), await schemaFileOf(superuserUrl));
    console.log(`${SCHEMA_FILE} is written.`);
  } finally {
    await stopServer();
  }
}

void main();
