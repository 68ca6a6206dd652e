import { type ColumnType, DataSource, type DataSourceOptions, type EntityTarget } from 'typeorm';

import { migrations } from '../../../migrations';
import { parseDatabaseAddress } from '../../config/database-url';

/** A data source that a host application owns and hands to the module. */
export type HostDataSource = DataSource;

/** Any entity class. */
export type Entity = EntityTarget<object> & (abstract new (...parameters: never[]) => object);

/** Injection token of the data source that all repositories share. */
export const AUTH_DATA_SOURCE = Symbol('AuthDataSource');

/**
 * Where migrations record themselves: a table of our own, so that a host application can keep the
 * migrations of its own tables in the same database.
 */
export const MIGRATIONS_TABLE = 'mira_auth_migrations';

/**
 * Bounds on everything that a database can keep waiting, so that an attacker, a stuck lock or a
 * dead network holds a request for seconds at most. All in milliseconds. The client's own limit on
 * a query is the longest: it only speaks when the server's limits could not reach us.
 */
const TIMEOUTS = {
  connect: 3_000,
  lock: 3_000,
  statement: 5_000,
  idleInTransaction: 5_000,
  query: 6_000,
} as const;

export interface DataSourceSettings {
  readonly url: string;
  readonly ssl: boolean;
  readonly poolSize: number;
  /** Whether connections keep statements prepared. @default true */
  readonly preparedStatements?: boolean;
  readonly entities: readonly Entity[];
  /** Called when a pooled connection breaks while nobody uses it. */
  readonly onConnectionLost?: (error: unknown) => void;
}

/**
 * Whether the connections of a data source keep statements prepared. A host says that of its own
 * data source where this module says it, too: in `extra`, which the driver is given.
 */
export function keepsPreparedStatements({ options }: DataSource): boolean {
  const extra = options.extra as { readonly preparedStatements?: unknown } | undefined;
  return extra?.preparedStatements !== false;
}

/** Makes the data source that a serving process uses. It never migrates and never synchronises. */
export function createDataSource(settings: DataSourceSettings): DataSource {
  return newDataSource({
    ...baseOptions(settings),
    extra: {
      max: settings.poolSize,
      connectionTimeoutMillis: TIMEOUTS.connect,
      idleTimeoutMillis: 30_000,
      keepAlive: true,
      lock_timeout: TIMEOUTS.lock,
      statement_timeout: TIMEOUTS.statement,
      idle_in_transaction_session_timeout: TIMEOUTS.idleInTransaction,
      query_timeout: TIMEOUTS.query,
      preparedStatements: settings.preparedStatements ?? true,
    },
  });
}

/** Makes the data source that migrates: the admin role's, without the limits of a request. */
export function createMigrationDataSource(
  settings: Omit<DataSourceSettings, 'poolSize'>,
): DataSource {
  // Two connections: one holds the advisory lock while the other migrates.
  return newDataSource({
    ...baseOptions(settings),
    extra: { max: 2, connectionTimeoutMillis: TIMEOUTS.connect },
  });
}

function newDataSource(options: DataSourceOptions): DataSource {
  const dataSource = new DataSource(options);
  // TypeORM does not know PostgreSQL's 64-bit transaction ids, which the audit trail records.
  dataSource.driver.supportedDataTypes.push('xid8' as ColumnType);
  return dataSource;
}

/** Parts in place of the URL: TypeORM's own parser knows neither IPv6 nor encoded names. */
function connectionOf(url: string) {
  const { host, port, user, password, database } = parseDatabaseAddress(url, "the database's URL");
  return {
    host,
    port,
    ...(user !== undefined && { username: user }),
    ...(password !== undefined && { password }),
    database,
  };
}

function baseOptions(settings: Omit<DataSourceSettings, 'poolSize'>): DataSourceOptions {
  return {
    type: 'postgres',
    applicationName: 'mira-auth',
    ...connectionOf(settings.url),
    ssl: settings.ssl,
    entities: [...settings.entities],
    migrations: [...migrations],
    migrationsTableName: MIGRATIONS_TABLE,
    migrationsTransactionMode: 'each',
    synchronize: false,
    // Failures reach the caller as errors; a log of SQL would carry addresses and hashes.
    logging: false,
    poolErrorHandler: settings.onConnectionLost ?? (() => undefined),
  };
}
