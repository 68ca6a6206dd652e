import { ConfigurationError } from '../environment-reader';

/** Why the service or a command cannot start. The message is the line that its operator sees. */
export class StartFailure extends Error {
  override readonly name = 'StartFailure';
}

/** The variables that say how a role reaches the database. */
export interface DatabaseVariables {
  readonly url: string;
  readonly user: string;
  readonly password: string;
}

export const RUNTIME_ROLE_VARIABLES: DatabaseVariables = {
  url: 'AUTH_DATABASE_URL',
  user: 'AUTH_DB_USER',
  password: 'AUTH_DB_PASSWORD',
};

export const ADMIN_ROLE_VARIABLES: DatabaseVariables = {
  url: 'AUTH_DATABASE_ADMIN_URL',
  user: 'AUTH_DB_ADMIN_USER',
  password: 'AUTH_DB_ADMIN_PASSWORD',
};

/** The variables that say where to listen. */
export interface ListenVariables {
  readonly host: string;
  readonly port: string;
}

const HTTP_VARIABLES: ListenVariables = { host: 'AUTH_HTTP_HOST', port: 'PORT' };

export const METRICS_VARIABLES: ListenVariables = {
  host: 'AUTH_METRICS_HOST',
  port: 'AUTH_METRICS_PORT',
};

/** @returns the message of an error that was made for operators; of another error, nothing. */
export function failureLine(error: unknown): string | undefined {
  return error instanceof ConfigurationError || error instanceof StartFailure
    ? error.message
    : undefined;
}

/**
 * Says in a line why the database cannot be used. It shows codes and never a message of the server,
 * which may repeat values.
 *
 * @returns a StartFailure, or the error itself if it is not about the database.
 */
export function databaseFailure(error: unknown, variables: DatabaseVariables): unknown {
  const { url, user, password } = variables;
  const codes = causesOf(error).map(codeOf);
  const texts = causesOf(error).map((cause) => (cause instanceof Error ? cause.message : ''));
  const has = (pattern: RegExp): boolean => codes.some((code) => pattern.test(code));
  const says = (pattern: RegExp): boolean => texts.some((text) => pattern.test(text));
  const failure = (line: string): StartFailure => new StartFailure(line, { cause: error });

  if (has(/^28/) || says(/password must be a (?:non-empty )?string/)) {
    return failure(
      `the database refuses the user or the password: check ${url}, or ${user} and ${password}`,
    );
  }
  if (has(/^3D000$/)) {
    return failure(`the database does not exist: create it, or check ${url} or AUTH_DB_NAME`);
  }

  if (says(/does not support SSL/)) {
    return failure(
      'the database server does not support TLS: set it up there, or check AUTH_DB_SSL',
    );
  }

  if (has(/CERT|SELF_SIGNED|UNABLE_TO_VERIFY|^ERR_(?:TLS|SSL)/)) {
    return failure(
      'the certificate of the database server is not trusted: check AUTH_DB_SSL, or set NODE_EXTRA_CA_CERTS to a file with the certificate of its authority',
    );
  }
  if (has(/^42501$/)) {
    return failure(`the database role may not do this: run \`npm run migrate\`, or check ${user}`);
  }

  const away = codes.find((code) => /^(?:E[A-Z_]+|(?:08|53)[\dA-Z]{3}|57P0[\dA-Z])$/.test(code));
  if (away !== undefined || says(/timeout|Connection terminated/i)) {
    return failure(
      `the database cannot be reached (${away ?? 'no answer'}): check ${url}, or AUTH_DB_HOST and AUTH_DB_PORT`,
    );
  }
  return error;
}

/** Says why a port cannot be listened on. */
export function listenFailure(
  error: unknown,
  port: number,
  variables: ListenVariables = HTTP_VARIABLES,
): unknown {
  const failure = (line: string): StartFailure => new StartFailure(line, { cause: error });
  switch (codeOf(error)) {
    case 'EADDRINUSE':
      return failure(
        `port ${port.toString()} is already in use: stop what uses it, or set ${variables.port} to another`,
      );
    case 'EACCES':
      return failure(`port ${port.toString()} is reserved: set ${variables.port} to 1024 or above`);
    case 'EADDRNOTAVAIL':
    case 'ENOTFOUND':
    case 'EAI_AGAIN':
      return failure(`${variables.host} must be an address of this machine`);
    default:
      return error;
  }
}

/** The error and everything that it wraps. */
function causesOf(error: unknown): unknown[] {
  if (typeof error !== 'object' || error === null) return [];
  const { cause, driverError, errors } = error as Record<string, unknown>;
  const inner = [cause, driverError, ...(Array.isArray(errors) ? (errors as unknown[]) : [])];
  return [error, ...inner.filter((wrapped) => wrapped !== error).flatMap(causesOf)];
}

function codeOf(error: unknown): string {
  const code = (error as { code?: unknown } | null)?.code;
  return typeof code === 'string' ? code : '';
}
