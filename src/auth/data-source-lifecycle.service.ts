import {
  Inject,
  Injectable,
  Logger,
  type OnApplicationBootstrap,
  type OnApplicationShutdown,
} from '@nestjs/common';

import type { DatabaseOptions } from '../config/auth-options';
import {
  AUTH_DATA_SOURCE,
  createDataSource,
  type HostDataSource,
} from '../database/driver/data-source';
import { canAlterTrail } from '../database/runtime-role';
import { AUTH_MODULE_OPTIONS, type AuthModuleOptions } from './auth-module-options';
import { entities } from './entities';

const logger = new Logger('Database');

/**
 * The data source of the module: the host's own, or else a new one.
 *
 * @throws TypeError when neither is configured; the driver's error when connecting fails.
 */
export async function openDataSource(
  given: HostDataSource | undefined,
  options: Required<DatabaseOptions> | undefined,
): Promise<HostDataSource> {
  if (given !== undefined) return given;
  if (options === undefined) throw new TypeError('the option database or dataSource must be set');
  return createDataSource({
    ...options,
    entities,
    onConnectionLost: () => logger.warn('An idle database connection was lost'),
  }).initialize();
}

/** Warns about a database role with too many privileges, and closes the module's data source. */
@Injectable()
export class DataSourceLifecycle implements OnApplicationBootstrap, OnApplicationShutdown {
  constructor(
    @Inject(AUTH_DATA_SOURCE) private readonly dataSource: HostDataSource,
    @Inject(AUTH_MODULE_OPTIONS) private readonly given: AuthModuleOptions,
  ) {}

  async onApplicationBootstrap(): Promise<void> {
    if (await canAlterTrail(this.dataSource)) {
      logger.warn(
        'The database role of this process could disable the protection of the audit trail: ' +
          'run the service as a role that does not own the schema',
      );
    }
  }

  async onApplicationShutdown(): Promise<void> {
    if (this.given.dataSource === undefined && this.dataSource.isInitialized) {
      await this.dataSource.destroy();
    }
  }
}
