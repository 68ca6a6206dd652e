import { Module } from '@nestjs/common';

import { AuditModule } from '../audit/audit.module';
import { CryptoModule } from '../crypto/crypto.module';
import { DatabaseModule } from '../database/database.module';
import { PostgresRateLimiter } from './postgres-rate-limiter.service';
import { PostgresThrottlerStorage } from './postgres-throttler-storage.service';
import { RateLimitRepository } from './rate-limit.repository';
import { RateLimiter } from './rate-limiter';
import { RouteHitRepository } from './route-hit.repository';
import { RouteRefusals } from './route-refusals.service';

/**
 * Limits over sliding windows, shared by all instances. `AuthThrottlerGuard` needs the exports of
 * this module and `ClientContextReader`, which the importing module must provide.
 */
@Module({
  imports: [AuditModule, CryptoModule, DatabaseModule],
  providers: [
    RateLimitRepository,
    RouteHitRepository,
    { provide: RateLimiter, useClass: PostgresRateLimiter },
    PostgresThrottlerStorage,
    RouteRefusals,
  ],
  exports: [RateLimiter, PostgresThrottlerStorage, RouteRefusals, CryptoModule],
})
export class RateLimitModule {}
