import { Module } from '@nestjs/common';

import { AuditModule } from '../audit/audit.module';
import { DatabaseModule } from '../database/database.module';
import { MagicLinkModule } from '../magic-link/magic-link.module';
import { MailModule } from '../mail/mail.module';
import { RateLimitModule } from '../rate-limit/rate-limit.module';
import { SessionModule } from '../session/session.module';
import { CleanUpLockRepository } from './clean-up-lock.repository';
import { CleanUpSchedule } from './clean-up-schedule.service';
import { CleanUp } from './clean-up.service';
import { CleanUpSettings, DEFAULT_CLEAN_UP_SETTINGS } from './clean-up-settings';
import { CleanUpTasks } from './clean-up-tasks.service';

/** Deletes what has stood long enough. Each feature knows how its own rows are deleted. */
@Module({
  imports: [
    AuditModule,
    DatabaseModule,
    MagicLinkModule,
    MailModule,
    RateLimitModule,
    SessionModule,
  ],
  providers: [
    CleanUp,
    CleanUpLockRepository,
    CleanUpSchedule,
    CleanUpTasks,
    { provide: CleanUpSettings, useValue: DEFAULT_CLEAN_UP_SETTINGS },
  ],
  exports: [CleanUp],
})
export class CleanUpModule {}
