import { Module } from '@nestjs/common';
import { collectDefaultMetrics, Registry } from 'prom-client';

import { DatabaseModule } from '../../database/database.module';
import { MailModule } from '../../mail/mail.module';
import { SessionModule } from '../../session/session.module';
import { DatabaseMetrics } from './database-metrics.service';
import { MetricsServer } from './metrics.server';
import { RequestMetrics } from './request-metrics.service';
import { SessionMetrics } from './session-metrics.service';

/**
 * What operators watch, in numbers: for this process alone, kept in memory, on a port of its own.
 * No label holds anything of a person or of a request but the pattern of its route.
 */
@Module({
  imports: [DatabaseModule, MailModule, SessionModule],
  providers: [
    { provide: Registry, useFactory: createRegistry },
    DatabaseMetrics,
    MetricsServer,
    RequestMetrics,
    SessionMetrics,
  ],
})
export class MetricsModule {}

/** A registry of our own, and not the library's global one, with what Node.js tells of itself. */
function createRegistry(): Registry {
  const register = new Registry();
  collectDefaultMetrics({ register });
  return register;
}
