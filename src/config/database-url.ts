const DEFAULT_PORT = 5432;

/** How a PostgreSQL database is reached, and as whom. */
export interface DatabaseAddress {
  /** A name or an IP address; IPv6 without brackets. */
  readonly host: string;
  readonly port: number;
  /** @default what the driver takes: `PGUSER`, or the user of this process */
  readonly user: string | undefined;
  readonly password: string | undefined;
  readonly database: string;
}

/**
 * Reads the URL of a PostgreSQL database.
 *
 * Options in the query are refused and not ignored: somebody who wrote `sslmode=require` there
 * must not go on without TLS. `sslmode=disable` may stand there, as TLS is another setting.
 *
 * @throws TypeError naming `name`, never the value, which holds a password.
 */
export function parseDatabaseAddress(value: string, name: string): DatabaseAddress {
  const address = URL.canParse(value) ? addressOf(new URL(value)) : undefined;
  if (address !== undefined) return address;
  throw new TypeError(
    `${name} must be postgres://user:password@host:port/database, without a query`,
  );
}

/** Writes the URL that {@link parseDatabaseAddress} reads. */
export function formatDatabaseUrl(address: DatabaseAddress): string {
  const { host, port, user = '', password, database } = address;
  const secret = password === undefined ? '' : `:${encodeURIComponent(password)}`;
  const account = user === '' && secret === '' ? '' : `${encodeURIComponent(user)}${secret}@`;
  const name = host.includes(':') ? `[${host}]` : host;
  return `postgres://${account}${name}:${port.toString()}/${encodeURIComponent(database)}`;
}

function addressOf(url: URL): DatabaseAddress | undefined {
  const path = /^\/([^/]+)$/.exec(url.pathname)?.[1];
  const database = path === undefined ? undefined : decoded(path);
  const [user, password] = [decoded(url.username), decoded(url.password)];
  if (
    !['postgres:', 'postgresql:'].includes(url.protocol) ||
    url.hostname === '' ||
    !['', '?sslmode=disable'].includes(url.search) ||
    url.hash !== '' ||
    user === undefined ||
    password === undefined ||
    database === undefined
  ) {
    return undefined;
  }

  return {
    host: url.hostname.replace(/^\[(.*)\]$/, '$1'),
    port: url.port === '' ? DEFAULT_PORT : Number(url.port),
    user: user === '' ? undefined : user,
    password: password === '' ? undefined : password,
    database,
  };
}

/** @returns `undefined` for text that is not percent-encoded as it should be. */
function decoded(text: string): string | undefined {
  try {
    return decodeURIComponent(text);
  } catch {
    return undefined;
  }
}
