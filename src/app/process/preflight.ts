import { once } from 'node:events';
import { createServer } from 'node:net';

import type { DatabaseOptions } from '../../config/auth-options';
import { createDataSource } from '../../database/driver/data-source';
import { hasPendingMigrations } from '../../database/migrate';
import {
  databaseFailure,
  listenFailure,
  type ListenVariables,
  RUNTIME_ROLE_VARIABLES,
  StartFailure,
} from './start-failure';

/**
 * Checks that a port is free, before anything else is started.
 *
 * @throws StartFailure when it is not, or may not be used.
 */
export async function checkPort(
  host: string,
  port: number,
  variables?: ListenVariables,
): Promise<void> {
  const probe = createServer();
  try {
    probe.listen({ host, port, exclusive: true });
    await once(probe, 'listening');
  } catch (error) {
    throw listenFailure(error, port, variables);
  }
  probe.close();
  await once(probe, 'close');
}

/**
 * Checks that the runtime role can use the database, and that the schema is as new as this release.
 *
 * @throws StartFailure when not.
 */
export async function checkDatabase({ url, ssl }: DatabaseOptions): Promise<void> {
  const dataSource = createDataSource({ url, ssl: ssl ?? false, poolSize: 1, entities: [] });
  try {
    await dataSource.initialize();
    if (await hasPendingMigrations(dataSource)) {
      throw new StartFailure(
        'the database schema is older than this release: run `npm run migrate` first',
      );
    }
  } catch (error) {
    throw databaseFailure(error, RUNTIME_ROLE_VARIABLES);
  } finally {
    if (dataSource.isInitialized) await dataSource.destroy();
  }
}
