import 'reflect-metadata';

import { revertMigration } from '../database/migrate';
import { runMigrationCommand } from './command';

void runMigrationCommand({
  name: 'npm run migrate:revert',
  description:
    'Undoes the newest migration as the admin role, together with the data of what it had added.',
  async run(settings) {
    const reverted = await revertMigration(settings);
    return [reverted === undefined ? 'there is no migration to undo' : `undid ${reverted}`];
  },
});
