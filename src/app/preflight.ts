import { createServer } from 'node:net';
import { once } from 'node:events';
import type { DatabaseOptions } from '../config/auth-options';
import { createDataSource } from '../database/data-source';
import { hasPendingMigrations } from '../database/migrate';
import {
  databaseFailure,
  listenFailure,
  RUNTIME_ROLE_VARIABLES,
  StartFailure,
} from './start-failure';

/** SQLSTATE `undefined_table`: the table of migrations is not there yet. */
const UNDEFINED_TABLE = '42P01';

const NOT_MIGRATED = 'the database schema is older than this release: run `npm run migrate` first';

/**
 * Checks that a port can be listened on, before anything else is started for it.
 *
 * @throws StartFailure when it cannot.
 */
export async function checkPort(host: string, port: number): Promise<void> {
  const probe = createServer();
  try {
    probe.listen({ host, port, exclusive: true });
    await once(probe, 'listening');
  } catch (error) {
    throw listenFailure(error, port);
  }
  probe.close();
  await once(probe, 'close');
}

/**
 * Checks that the database answers to the runtime role, and that its schema is as new as this
 * release.
 *
 * @throws StartFailure when not.
 */
export async function checkDatabase({ url, ssl }: DatabaseOptions): Promise<void> {
  const dataSource = createDataSource({ url, ssl: ssl ?? false, poolSize: 1, entities: [] });
  try {
    await dataSource.initialize();
    if (await hasPendingMigrations(dataSource)) throw new StartFailure(NOT_MIGRATED);
  } catch (error) {
    if (isUndefinedTable(error)) throw new StartFailure(NOT_MIGRATED, { cause: error });
    throw databaseFailure(error, RUNTIME_ROLE_VARIABLES);
  } finally {
    if (dataSource.isInitialized) await dataSource.destroy();
  }
}

function isUndefinedTable(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === UNDEFINED_TABLE;
}
