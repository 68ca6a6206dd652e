import { UnavailableError } from '../common/errors';

/**
 * SQLSTATE classes and codes (PostgreSQL manual, appendix A) which mean that the database could not
 * run the statement now, not that the statement is wrong: connection failures, too few resources,
 * shutdown and recovery, input and output, cancelled statements, locks not granted, serialisation.
 */
const UNAVAILABLE_SQLSTATE =
  /^(?:08...|53...|57P0[1-5]|57014|58030|55P03|40001|40P01|25P0[34]|25006)$/;

const UNAVAILABLE_SYSTEM_CODES: ReadonlySet<string> = new Set([
  'ECONNREFUSED',
  'ECONNRESET',
  'EPIPE',
  'ETIMEDOUT',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'ENOTFOUND',
  'EAI_AGAIN',
]);

/** Messages of `pg`'s errors that have no code. */
const QUERY_TIMEOUT_MESSAGE = 'Query read timeout';
const UNAVAILABLE_MESSAGE =
  /^(?:Connection terminated|timeout exceeded when trying to connect|Query read timeout|Client has encountered a connection error|Client was closed|Cannot use a pool after calling end|Driver not Connected|Connection is not established)/i;

/** Whether the server did not answer a query in time. Its connection must then be closed. */
export function isQueryTimeout(error: unknown): boolean {
  return causes(error).some(
    (cause) => cause instanceof Error && cause.message === QUERY_TIMEOUT_MESSAGE,
  );
}

/**
 * Whether the server refuses to run a prepared statement because a migration has changed the
 * columns that it returns. Prepared anew it runs.
 */
export function isStalePlan(error: unknown): boolean {
  return causes(error).some(
    (cause) =>
      codeOf(cause) === '0A000' &&
      (cause as { routine?: unknown }).routine === 'RevalidateCachedQuery',
  );
}

/**
 * Turns a driver's error into `UnavailableError` if the database was unavailable or overloaded, and
 * returns any other error unchanged.
 */
export function translateDatabaseError(error: unknown): unknown {
  if (isStalePlan(error)) return new UnavailableError(1, undefined, { cause: error });
  const isUnavailable = causes(error).some((cause) => {
    const code = codeOf(cause);
    if (code !== undefined) {
      return UNAVAILABLE_SQLSTATE.test(code) || UNAVAILABLE_SYSTEM_CODES.has(code);
    }

    return cause instanceof Error && UNAVAILABLE_MESSAGE.test(cause.message);
  });
  return isUnavailable ? new UnavailableError(1, undefined, { cause: error }) : error;
}

/** The error and those it wraps: TypeORM wraps the driver's, Node.js several of one connect. */
function causes(error: unknown): unknown[] {
  if (typeof error !== 'object' || error === null) return [];
  const inner: unknown[] = [];
  if ('driverError' in error) inner.push(error.driverError);
  if (error instanceof AggregateError) inner.push(...(error.errors as unknown[]));
  return [error, ...inner.filter((cause) => cause !== error).flatMap(causes)];
}

function codeOf(error: unknown): string | undefined {
  return typeof error === 'object' &&
    error !== null &&
    'code' in error &&
    typeof error.code === 'string'
    ? error.code
    : undefined;
}
