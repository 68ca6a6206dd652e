import {
  type DatabaseAddress,
  formatDatabaseUrl,
  parseDatabaseAddress,
} from '../config/database-url';
import type { MigrateSettings } from '../database/migrate';
import type { EnvironmentReader } from './environment-reader';
import { OptionReader } from './option-reader';
import { VARIABLE_TABLE } from './variable-table';

const { AUTH_DB_HOST, AUTH_DB_PORT, AUTH_DB_NAME, AUTH_DB_USER, AUTH_DB_ADMIN_USER } =
  VARIABLE_TABLE;

const PARTS = ['AUTH_DB_HOST', 'AUTH_DB_PORT', 'AUTH_DB_NAME', 'AUTH_DB_USER', 'AUTH_DB_PASSWORD'];

/** The variables with the admin role's credentials, which a serving process must not hold. */
export const ADMIN_CREDENTIALS = ['AUTH_DATABASE_ADMIN_URL', 'AUTH_DB_ADMIN_PASSWORD'] as const;

/** A database and the role that connects to it. The service never leaves the role to a default. */
interface DatabaseAccount extends DatabaseAddress {
  readonly user: string;
}

/** The URL of the runtime role: `AUTH_DATABASE_URL`, or one made of the five `AUTH_DB_*`. */
export function readDatabaseUrl(reader: EnvironmentReader): string {
  return formatDatabaseUrl(readRuntimeAccount(reader));
}

/** What the commands that migrate need: the admin role's URL, and the role to grant to. */
export function readMigrateSettings(reader: EnvironmentReader): Required<MigrateSettings> {
  const runtime = readRuntimeAccount(reader);
  const admin = readAccount(reader, 'AUTH_DATABASE_ADMIN_URL');
  const fromParts = {
    ...runtime,
    user: reader.text('AUTH_DB_ADMIN_USER') ?? AUTH_DB_ADMIN_USER.default,
    password: reader.text('AUTH_DB_ADMIN_PASSWORD'),
  };
  return {
    adminUrl: formatDatabaseUrl(admin ?? fromParts),
    runtimeRole: runtime.user,
    ssl: new OptionReader(reader).onOrOff('database.ssl'),
  };
}

function readRuntimeAccount(reader: EnvironmentReader): DatabaseAccount {
  const account = readAccount(reader, 'AUTH_DATABASE_URL');
  if (account !== undefined) {
    reader.ignore(...PARTS);
    return account;
  }
  return {
    user: reader.text('AUTH_DB_USER') ?? AUTH_DB_USER.default,
    password: reader.text('AUTH_DB_PASSWORD'),
    host:
      reader.parsed('AUTH_DB_HOST', parseHost, 'a host name or an IP address') ??
      AUTH_DB_HOST.default,
    port: reader.integer(
      'AUTH_DB_PORT',
      AUTH_DB_PORT.default,
      AUTH_DB_PORT.minimum,
      AUTH_DB_PORT.maximum,
    ),
    database: reader.text('AUTH_DB_NAME') ?? AUTH_DB_NAME.default,
  };
}

function readAccount(reader: EnvironmentReader, name: string): DatabaseAccount | undefined {
  return reader.parsed(name, (url) => {
    const { user, ...address } = parseDatabaseAddress(url, name);
    if (user === undefined) {
      throw new TypeError(`${name} must name a user: postgres://user:password@host:port/database`);
    }

    return { ...address, user };
  });
}

/** @returns the host; IPv6 without brackets. */
function parseHost(text: string): string {
  const host = text.includes(':') && !text.startsWith('[') ? `[${text}]` : text;
  const url = new URL(`postgres://${host}/`);
  if (url.hostname !== host || url.port !== '' || !/^[\w.-]+$|^\[[\da-f:.]+\]$/i.test(host)) {
    throw new TypeError('not a host');
  }

  return host.replace(/^\[(.*)\]$/, '$1');
}
