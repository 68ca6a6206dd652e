import { randomBytes } from 'node:crypto';
import { join } from 'node:path';

import type { DatabaseOptions } from '../../config/auth-options';
import { migrate } from '../../database/migrate';
import { ADMIN_CREDENTIALS } from '../database-environment';
import { readMigrationEnvironment, type Variables } from '../env';
import { checkDatabase } from '../process/preflight';
import { ADMIN_ROLE_VARIABLES, databaseFailure, StartFailure } from '../process/start-failure';

const DATABASE = 'auth_db';
const ADMIN_ROLE = 'mira_admin';
const RUNTIME_ROLE = 'mira_app';

/** A migrated database that development mode works with. */
export interface DevelopmentDatabase {
  /** Of the runtime role, as in production. */
  readonly url: string;
  /** Stops what was started for it. */
  stop(): Promise<void>;
}

/** Whether the environment names a database to use in place of an embedded one. */
export function isDatabaseGiven(variables: Variables): boolean {
  return ['AUTH_DATABASE_URL', 'AUTH_DB_HOST'].some((name) => variables[name] !== undefined);
}

/**
 * Provides a database with the current schema: the one that the environment names, or else an
 * embedded one. It migrates the former only if the environment has the admin role's credentials.
 *
 * @param folder where the embedded one keeps its data between starts.
 * @throws StartFailure when there is none that can be used.
 */
export async function provideDatabase(
  folder: string,
  variables: Variables,
  options: DatabaseOptions,
): Promise<DevelopmentDatabase> {
  if (!isDatabaseGiven(variables)) return startEmbedded(join(folder, 'postgres'));
  if (ADMIN_CREDENTIALS.some((name) => variables[name] !== undefined)) {
    await migrate(readMigrationEnvironment(variables)).catch((error: unknown) => {
      throw databaseFailure(error, ADMIN_ROLE_VARIABLES);
    });
  }
  await checkDatabase(options);
  return { url: options.url, stop: () => Promise.resolve() };
}

/** Makes both roles, as in production. Their passwords are new for each start. */
async function startEmbedded(directory: string): Promise<DevelopmentDatabase> {
  const server = await startServer(directory);
  try {
    const { ensureRolesAndDatabase } =
      await import('../../../tools/embedded-postgres/ensure-roles-and-database.mjs');
    const [adminPassword, password] = [newPassword(), newPassword()];
    const { superuser } = server;
    await ensureRolesAndDatabase(server.urlFor('postgres', superuser.user, superuser.password), {
      adminRole: { name: ADMIN_ROLE, password: adminPassword },
      appRole: { name: RUNTIME_ROLE, password },
      database: DATABASE,
    });
    const adminUrl = server.urlFor(DATABASE, ADMIN_ROLE, adminPassword);
    await migrate({ adminUrl, runtimeRole: RUNTIME_ROLE });
    return { url: server.urlFor(DATABASE, RUNTIME_ROLE, password), stop: () => server.stop() };
  } catch (error) {
    await server.stop();
    throw error;
  }
}

async function startServer(directory: string) {
  const { startEmbeddedPostgres } =
    await import('../../../tools/embedded-postgres/start-embedded-postgres.mjs');
  try {
    return await startEmbeddedPostgres({ directory, persistent: true });
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new StartFailure(reason, { cause: error });
  }
}

function newPassword(): string {
  return randomBytes(24).toString('base64url');
}
