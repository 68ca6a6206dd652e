import { Module } from '@nestjs/common';

import { Database } from './database';

/** The way to PostgreSQL. The data source itself is given by the options module. */
@Module({ providers: [Database], exports: [Database] })
export class DatabaseModule {}
