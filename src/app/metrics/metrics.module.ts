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
 * Metrics of this process, kept in memory and served on a port of their own. No label holds
 * personal data, and of a request only its method, its status and the pattern of its route.
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

/** A registry of our own, not the library's global one, with the metrics of Node.js. */
function createRegistry(): Registry {
  const register = new Registry();
  collectDefaultMetrics({ register });
  return register;
}
