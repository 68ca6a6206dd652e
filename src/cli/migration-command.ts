import { readMigrationEnvironment } from '../app/env';
import { runCommand } from '../app/process/command';
import { ADMIN_ROLE_VARIABLES, StartFailure } from '../app/process/start-failure';
import type { MigrateSettings } from '../database/migrate';

const VARIABLES_HELP = `
The admin role, which owns the tables: AUTH_DATABASE_ADMIN_URL, of the form
postgres://user:password@host:port/database. Or, in parts with these defaults:
AUTH_DB_ADMIN_USER (mira_admin), AUTH_DB_ADMIN_PASSWORD (none), AUTH_DB_HOST (localhost),
AUTH_DB_PORT (5432), AUTH_DB_NAME (auth_db). AUTH_DB_SSL=true asks for TLS.
The runtime role, which the service runs as: the user of AUTH_DATABASE_URL, or AUTH_DB_USER
(mira_app).
`;

export interface MigrationCommand {
  /** As a person calls it. */
  readonly name: string;
  /** What it does, for `--help`. */
  readonly description: string;
  /** @returns the lines that tell what was done. */
  readonly run: (settings: Required<MigrateSettings>) => Promise<readonly string[]>;
}

/** Runs a command of the admin role as this process. */
export function runMigrationCommand({ name, description, run }: MigrationCommand): Promise<void> {
  return runCommand({
    name,
    help: `${description}\n${VARIABLES_HELP}`,
    role: ADMIN_ROLE_VARIABLES,
    run: async () => {
      const lines = await run(readMigrationEnvironment(process.env)).catch(namingWhatIsWrong);
      lines.forEach((line) => console.log(line));
    },
  });
}

/** A setting that cannot be used is a TypeError, whose message names it. */
function namingWhatIsWrong(error: unknown): never {
  throw error instanceof TypeError ? new StartFailure(error.message, { cause: error }) : error;
}
