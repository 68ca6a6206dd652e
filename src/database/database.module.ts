import { Module } from '@nestjs/common';

import { Database } from './database.service';
import { DedicatedConnection } from './dedicated-connection.service';
import { NotificationCheck } from './notification-check.service';

/** The ways to PostgreSQL. The data source itself is given by the options module. */
@Module({
  providers: [Database, DedicatedConnection, NotificationCheck],
  exports: [Database, DedicatedConnection, NotificationCheck],
})
export class DatabaseModule {}
