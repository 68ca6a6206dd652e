import 'reflect-metadata';

import { readMigrationEnvironment } from './src/app/env';
import { entities } from './src/auth/entities';
import { createMigrationDataSource } from './src/database/driver/data-source';

const { adminUrl, ssl } = readMigrationEnvironment(process.env);

/**
 * For the TypeORM command line, after `npm run build`: `npx typeorm -d dist/ormconfig.js
 * migration:show`, or `schema:log` to see whether entities and migrations drifted apart. It
 * connects as the admin role that the environment names.
 */
export const dataSource = createMigrationDataSource({ url: adminUrl, ssl, entities });
