import { Module } from '@nestjs/common';

import { CryptoModule } from '../crypto/crypto.module';
import { DatabaseModule } from '../database/database.module';
import { PostgresRateLimiter } from './postgres-rate-limiter';
import { RateLimitRepository } from './rate-limit.repository';
import { RateLimitRetentionRepository } from './rate-limit-retention.repository';
import { RateLimiter } from './rate-limiter';
import { RouteHitRepository } from './route-hit.repository';
import { PostgresThrottlerStorage } from './throttler.storage';

/**
 * Limits over sliding windows, shared by all instances. `AuthThrottlerGuard` needs what this
 * module exports, and a `ClientNetworkResolver`, which the composition gives.
 */
@Module({
  imports: [CryptoModule, DatabaseModule],
  providers: [
    RateLimitRepository,
    RateLimitRetentionRepository,
    RouteHitRepository,
    { provide: RateLimiter, useClass: PostgresRateLimiter },
    PostgresThrottlerStorage,
  ],
  exports: [RateLimiter, RateLimitRetentionRepository, PostgresThrottlerStorage, CryptoModule],
})
export class RateLimitModule {}
