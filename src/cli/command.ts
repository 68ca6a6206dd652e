import { readMigrationEnvironment } from '../app/env';
import { ADMIN_ROLE_VARIABLES, databaseFailure, failureLine } from '../app/process/start-failure';
import type { MigrateSettings } from '../database/migrate';

const ENVIRONMENT_HELP = `
The admin role is AUTH_DATABASE_ADMIN_URL (postgres://user:password@host:port/database), or
AUTH_DB_ADMIN_USER (mira_admin) and AUTH_DB_ADMIN_PASSWORD with AUTH_DB_HOST (localhost),
AUTH_DB_PORT (5432) and AUTH_DB_NAME (auth_db). AUTH_DB_SSL=true wants TLS.
The runtime role is the user of AUTH_DATABASE_URL, or AUTH_DB_USER (mira_app).
`;

export interface MigrationCommand {
  /** As a person calls it. */
  readonly name: string;
  /** What it does, for `--help`. */
  readonly description: string;
  /** @returns the lines that tell what was done. */
  run(settings: MigrateSettings): Promise<readonly string[]>;
}

/**
 * Runs a command as this process: lines on standard output and exit code 0; or one line on
 * standard error, and 1 for a failure, 2 for a wrong call.
 */
export async function runMigrationCommand(command: MigrationCommand): Promise<void> {
  const [argument, ...more] = process.argv.slice(2);
  if (more.length === 0 && (argument === '--help' || argument === '-h')) {
    console.log(`Usage: ${command.name}\n\n${command.description}\n${ENVIRONMENT_HELP}`);
    return;
  }
  if (argument !== undefined) {
    console.error(`${command.name} takes no arguments: see --help`);
    process.exitCode = 2;
    return;
  }
  try {
    const lines = await command.run(readMigrationEnvironment(process.env));
    lines.forEach((line) => console.log(line));
  } catch (error) {
    console.error(`${command.name}: ${lineOf(error)}`);
    process.exitCode = 1;
  }
}

/** Messages of the database repeat SQL and values, so that only those made for people are shown. */
function lineOf(error: unknown): string {
  const known = failureLine(databaseFailure(error, ADMIN_ROLE_VARIABLES));
  if (known !== undefined) return known;
  if (error instanceof TypeError) return error.message;
  const { name, code } = error as { name?: unknown; code?: unknown };
  return `unexpected ${String(name)}${typeof code === 'string' ? ` (${code})` : ''}`;
}
