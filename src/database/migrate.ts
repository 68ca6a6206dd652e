import type { DataSource } from 'typeorm';

import { migrations } from '../../migrations';
import {
  createMigrationDataSource,
  type DataSourceSettings,
  MIGRATIONS_TABLE,
} from './driver/data-source';
import { findRole, grantRuntimeRole } from './runtime-role';

/** Keys that other applications' advisory locks are unlikely to use: ASCII 'mira' and 'auth'. */
const MIGRATION_LOCK = [0x6d697261, 0x61757468] as const;

export interface MigrateSettings {
  /** `postgres://…` of the role that owns the schema. */
  readonly adminUrl: string;
  /** The role that the service runs as. It is granted only what the service needs. */
  readonly runtimeRole: string;
  /** @default false */
  readonly ssl?: boolean;
}

/**
 * Brings the schema up to date and grants the runtime role its privileges. An advisory lock makes
 * concurrent calls wait for each other, so that each migration runs once.
 *
 * @returns the names of the migrations that ran, oldest first.
 * @throws TypeError, before anything is changed, when the runtime role does not exist.
 */
export async function migrate(settings: MigrateSettings): Promise<string[]> {
  return withMigrationLock(settings, async (dataSource) => {
    await findRole(dataSource, settings.runtimeRole);
    const done = await dataSource.runMigrations();
    await grantRuntimeRole(dataSource, settings.runtimeRole);
    return done.map(({ name }) => name);
  });
}

/**
 * Reverts the newest migration and deletes the data of the tables and columns that it added.
 *
 * @returns the migration's name, or `undefined` when there was none.
 */
export async function revertMigration(settings: MigrateSettings): Promise<string | undefined> {
  return withMigrationLock(settings, async (dataSource) => {
    const newest = (await appliedMigrations(dataSource)).at(-1);
    if (newest !== undefined) await dataSource.undoLastMigration();
    return newest;
  });
}

/**
 * Whether the schema is older than this release. A newer schema is fine: each migration leaves it
 * usable for the release before.
 */
export async function hasPendingMigrations(dataSource: DataSource): Promise<boolean> {
  const applied = new Set(await appliedMigrations(dataSource));
  return migrations.some(({ name }) => !applied.has(name));
}

/** The names of the migrations that ran, oldest first; none in an empty database. */
async function appliedMigrations(dataSource: DataSource): Promise<string[]> {
  const [table] = await dataSource.query<{ exists: boolean }[]>(
    'SELECT to_regclass($1) IS NOT NULL AS exists',
    [MIGRATIONS_TABLE],
  );
  if (table?.exists !== true) return [];
  const rows = await dataSource.query<{ name: string }[]>(
    `SELECT name FROM ${MIGRATIONS_TABLE} ORDER BY id`,
  );
  return rows.map(({ name }) => name);
}

async function withMigrationLock<T>(
  { adminUrl, ssl }: MigrateSettings,
  work: (dataSource: DataSource) => Promise<T>,
): Promise<T> {
  const settings: Omit<DataSourceSettings, 'poolSize'> = {
    url: adminUrl,
    ssl: ssl ?? false,
    entities: [],
  };
  const dataSource = createMigrationDataSource(settings);
  await dataSource.initialize();
  const lockHolder = dataSource.createQueryRunner();
  try {
    await lockHolder.query('SELECT pg_advisory_lock($1, $2)', [...MIGRATION_LOCK]);
    return await work(dataSource);
  } finally {
    // Closing the connection releases the lock, whatever happened.
    await lockHolder.release();
    await dataSource.destroy();
  }
}
