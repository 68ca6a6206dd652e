import { Module } from '@nestjs/common';

import { AuditModule } from '../audit/audit.module';
import { CryptoModule } from '../crypto/crypto.module';
import { DatabaseModule } from '../database/database.module';
import { MailModule } from '../mail/mail.module';
import { RateLimitModule } from '../rate-limit/rate-limit.module';
import { SessionModule } from '../session/session.module';
import { UsersModule } from '../users/users.module';
import { CodeLockoutRepository } from './code-lockout.repository';
import { CodeVerificationService } from './code-verification.service';
import { LinkAttempts } from './link-attempts.service';
import { LinkExamination } from './link-examination.service';
import { LinkReportService } from './link-report.service';
import { LinkReportTokens } from './link-report-tokens.service';
import { LinkSignIn } from './link-sign-in.service';
import { MagicLinkInspectionService } from './magic-link-inspection.service';
import { MagicLinkLimits } from './magic-link-limits.service';
import { MagicLinkMailComposer } from './magic-link-mail.composer';
import { MagicLinkRequestService } from './magic-link-request.service';
import { MagicLinkTokens } from './magic-link-tokens.service';
import { MagicLinkVerificationService } from './magic-link-verification.service';
import { MagicLinkRepository } from './magic-link.repository';
import { MagicLinkRetentionRepository } from './magic-link-retention.repository';

/** Links: asking for one, mailing it, opening a session with it. */
@Module({
  imports: [
    AuditModule,
    CryptoModule,
    DatabaseModule,
    MailModule,
    RateLimitModule,
    SessionModule,
    UsersModule,
  ],
  providers: [
    CodeLockoutRepository,
    CodeVerificationService,
    LinkReportService,
    LinkReportTokens,
    MagicLinkInspectionService,
    LinkAttempts,
    LinkExamination,
    LinkSignIn,
    MagicLinkLimits,
    MagicLinkMailComposer,
    MagicLinkRepository,
    MagicLinkRequestService,
    MagicLinkRetentionRepository,
    MagicLinkTokens,
    MagicLinkVerificationService,
  ],
  exports: [
    CodeVerificationService,
    LinkReportService,
    MagicLinkInspectionService,
    MagicLinkRequestService,
    MagicLinkRetentionRepository,
    MagicLinkVerificationService,
  ],
})
export class MagicLinkModule {}
