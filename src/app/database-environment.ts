import type { MigrateSettings } from '../database/migrate';
import type { EnvironmentReader } from './environment-reader';

const URL_FORM = 'postgres://user:password@host:port/database, without a query';

const PARTS = ['AUTH_DB_HOST', 'AUTH_DB_PORT', 'AUTH_DB_NAME', 'AUTH_DB_USER', 'AUTH_DB_PASSWORD'];

/** Variables that hold what a serving process must not have. */
export const ADMIN_CREDENTIALS = ['AUTH_DATABASE_ADMIN_URL', 'AUTH_DB_ADMIN_PASSWORD'] as const;

/** How a database is reached, and as whom. */
interface DatabaseAccount {
  readonly user: string;
  readonly password: string | undefined;
  /** A name or an address; IPv6 in brackets. */
  readonly host: string;
  readonly port: string;
  readonly database: string;
}

/** The runtime role's URL: `AUTH_DATABASE_URL`, or made of the five `AUTH_DB_*`. */
export function readDatabaseUrl(reader: EnvironmentReader): string {
  return urlOf(readRuntimeAccount(reader));
}

/** What the commands that migrate need: the admin role's URL, and the role to grant to. */
export function readMigrateSettings(reader: EnvironmentReader): Required<MigrateSettings> {
  const runtime = readRuntimeAccount(reader);
  const admin = reader.parsed('AUTH_DATABASE_ADMIN_URL', parseDatabaseUrl, URL_FORM);
  const fromParts = {
    ...runtime,
    user: reader.text('AUTH_DB_ADMIN_USER') ?? 'mira_admin',
    password: reader.text('AUTH_DB_ADMIN_PASSWORD'),
  };
  return {
    adminUrl: urlOf(admin ?? fromParts),
    runtimeRole: runtime.user,
    ssl: reader.boolean('AUTH_DB_SSL'),
  };
}

function readRuntimeAccount(reader: EnvironmentReader): DatabaseAccount {
  const account = reader.parsed('AUTH_DATABASE_URL', parseDatabaseUrl, URL_FORM);
  if (account !== undefined) {
    reader.ignore(...PARTS);
    return account;
  }
  return {
    user: reader.text('AUTH_DB_USER') ?? 'mira_app',
    password: reader.text('AUTH_DB_PASSWORD'),
    host: reader.parsed('AUTH_DB_HOST', parseHost, 'a host name or an IP address') ?? 'localhost',
    port: reader.integer('AUTH_DB_PORT', 5432, 1, 65_535).toString(),
    database: reader.text('AUTH_DB_NAME') ?? 'auth_db',
  };
}

/**
 * Options in the query are refused and not ignored: somebody who wrote `sslmode=require` there
 * must not go on without TLS. `sslmode=disable` says what is the case anyway: AUTH_DB_SSL decides.
 */
function parseDatabaseUrl(text: string): DatabaseAccount {
  const url = new URL(text);
  const database = /^\/([^/]+)$/.exec(url.pathname)?.[1];
  if (
    database === undefined ||
    !['postgres:', 'postgresql:'].includes(url.protocol) ||
    url.username === '' ||
    url.hostname === '' ||
    !['', '?sslmode=disable'].includes(url.search) ||
    url.hash !== ''
  )
    throw new TypeError('not a database');

  return {
    user: decodeURIComponent(url.username),
    password: url.password === '' ? undefined : decodeURIComponent(url.password),
    host: url.hostname,
    port: url.port === '' ? '5432' : url.port,
    database: decodeURIComponent(database),
  };
}

function parseHost(text: string): string {
  const host = text.includes(':') && !text.startsWith('[') ? `[${text}]` : text;
  const url = new URL(`postgres://${host}/`);
  if (url.hostname !== host || url.port !== '' || !/^[\w.-]+$|^\[[\da-f:.]+\]$/i.test(host))
    throw new TypeError('not a host');

  return host;
}

function urlOf({ user, password, host, port, database }: DatabaseAccount): string {
  const secret = password === undefined ? '' : `:${encodeURIComponent(password)}`;
  return `postgres://${encodeURIComponent(user)}${secret}@${host}:${port}/${encodeURIComponent(database)}`;
}
