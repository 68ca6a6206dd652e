import { Module } from '@nestjs/common';

import { AuditModule } from '../audit/audit.module';
import { CryptoModule } from '../crypto/crypto.module';
import { DatabaseModule } from '../database/database.module';
import { PostgresRateLimiter } from './postgres-rate-limiter';
import { RateLimitRepository } from './rate-limit.repository';
import { RateLimitRetentionRepository } from './rate-limit-retention.repository';
import { RateLimiter } from './rate-limiter';
import { RouteHitRepository } from './route-hit.repository';
import { RouteRefusals } from './route-refusals.service';
import { PostgresThrottlerStorage } from './throttler.storage';

/**
 * Limits over sliding windows, shared by all instances. `AuthThrottlerGuard` needs what this
 * module exports, and `ClientOrigins`, which the composition gives.
 */
@Module({
  imports: [AuditModule, CryptoModule, DatabaseModule],
  providers: [
    RateLimitRepository,
    RateLimitRetentionRepository,
    RouteHitRepository,
    { provide: RateLimiter, useClass: PostgresRateLimiter },
    PostgresThrottlerStorage,
    RouteRefusals,
  ],
  exports: [
    RateLimiter,
    RateLimitRetentionRepository,
    PostgresThrottlerStorage,
    RouteRefusals,
    CryptoModule,
  ],
})
export class RateLimitModule {}
