import { errorCode, errorName } from '../../common/loggable-error';
import {
  databaseFailure,
  type DatabaseVariables,
  failureLine,
  RUNTIME_ROLE_VARIABLES,
} from './start-failure';

/** A program of ours, as a person or an orchestrator starts it. */
export interface Command {
  /** As a person calls it, such as `npm run migrate`. */
  readonly name: string;
  /** For `--help`: what it does, and which variables it reads. */
  readonly help: string;
  /** The variables of the role by which it reaches the database. @default the runtime role's */
  readonly role?: DatabaseVariables;
  readonly run: () => Promise<unknown>;
}

/**
 * Runs a command as this process. It takes no arguments but `--help`.
 *
 * The exit code is 0 when it is done, 1 when it failed, and 2 when it was called in a wrong way.
 * What failed is one line on standard error, which holds no value of the environment.
 */
export async function runCommand({ name, help, role, run }: Command): Promise<void> {
  const [argument, ...more] = process.argv.slice(2);
  if (more.length === 0 && (argument === '--help' || argument === '-h')) {
    console.log(`Usage: ${name}\n\n${help.trim()}\n`);
    return;
  }
  if (argument !== undefined) {
    console.error(`${name} takes no arguments: see --help`);
    process.exitCode = 2;
    return;
  }
  try {
    await run();
  } catch (error) {
    console.error(`${name}: ${lineOf(error, role ?? RUNTIME_ROLE_VARIABLES)}`);
    // Connections that are still open would keep the process alive.
    process.exit(1);
  }
}

/** Messages of the database repeat SQL and values, so only those made for people are shown. */
function lineOf(error: unknown, role: DatabaseVariables): string {
  const known = failureLine(databaseFailure(error, role));
  if (known !== undefined) return known;
  const code = errorCode(error);
  return `unexpected ${errorName(error)}${code === undefined ? '' : ` (${code})`}`;
}
