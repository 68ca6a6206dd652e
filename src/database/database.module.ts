import { Module } from '@nestjs/common';

import { Database } from './database.service';
import { DedicatedConnection } from './dedicated-connection.service';
import { NotificationCheck } from './notification-check.service';

/** Access to PostgreSQL. The data source itself is provided by `AuthCoreModule`. */
@Module({
  providers: [Database, DedicatedConnection, NotificationCheck],
  exports: [Database, DedicatedConnection, NotificationCheck],
})
export class DatabaseModule {}
