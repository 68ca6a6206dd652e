import 'reflect-metadata';

import { migrate } from '../database/migrate';
import { runMigrationCommand } from './migration-command';

void runMigrationCommand({
  name: 'npm run migrate',
  description: `
Brings the database schema up to date as the admin role, and grants the runtime role what the
service needs. You may run it again at any time; several runs at once wait for each other.`,
  async run(settings) {
    const ran = await migrate(settings);
    return [
      ...ran.map((name) => `ran ${name}`),
      ...(ran.length === 0 ? ['the schema is up to date'] : []),
      `granted what the service needs to ${settings.runtimeRole}`,
    ];
  },
});
