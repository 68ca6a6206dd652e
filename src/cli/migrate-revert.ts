import 'reflect-metadata';

import { revertMigration } from '../database/migrate';
import { runMigrationCommand } from './migration-command';

void runMigrationCommand({
  name: 'npm run migrate:revert',
  description: `
Undoes the newest migration, as the admin role. The data in what that migration had added is lost.`,
  async run(settings) {
    const reverted = await revertMigration(settings);
    return [reverted === undefined ? 'there is no migration to undo' : `undid ${reverted}`];
  },
});
