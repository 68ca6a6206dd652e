import { Module } from '@nestjs/common';

import { AuditModule } from '../audit/audit.module';
import { DatabaseModule } from '../database/database.module';
import { CleanUp } from './clean-up.service';
import { CleanUpLockRepository } from './clean-up-lock.repository';
import { CleanUpSchedule } from './clean-up-schedule.service';
import { CleanUpSettings, DEFAULT_CLEAN_UP_SETTINGS } from './clean-up-settings';
import { CleanUpTasks } from './clean-up-tasks.service';
import { MagicLinkRetentionRepository } from './retention/magic-link-retention.repository';
import { MailOutboxRetentionRepository } from './retention/mail-outbox-retention.repository';
import { RateLimitRetentionRepository } from './retention/rate-limit-retention.repository';
import { SessionRetentionRepository } from './retention/session-retention.repository';

/** Deletes the expired data of all features. */
@Module({
  imports: [AuditModule, DatabaseModule],
  providers: [
    CleanUp,
    CleanUpLockRepository,
    CleanUpSchedule,
    CleanUpTasks,
    MagicLinkRetentionRepository,
    MailOutboxRetentionRepository,
    RateLimitRetentionRepository,
    SessionRetentionRepository,
    { provide: CleanUpSettings, useValue: DEFAULT_CLEAN_UP_SETTINGS },
  ],
  exports: [CleanUp],
})
export class CleanUpModule {}
