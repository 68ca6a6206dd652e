import { Module } from '@nestjs/common';

import { AuditModule } from '../audit/audit.module';
import { ContextModule } from '../context/context.module';
import { CryptoModule } from '../crypto/crypto.module';
import { DatabaseModule } from '../database/database.module';
import { MailModule } from '../mail/mail.module';
import { RateLimitModule } from '../rate-limit/rate-limit.module';
import { SessionModule } from '../session/session.module';
import { UsersModule } from '../users/users.module';
import { CodeVerificationService } from './code/code-verification.service';
import { CodeLockoutRepository } from './code-lockout.repository';
import { LinkReportTokens } from './link-report-tokens.service';
import { MagicLinkRepository } from './magic-link.repository';
import { MagicLinkLimits } from './magic-link-limits.service';
import { MagicLinkLookupRepository } from './magic-link-lookup.repository';
import { MagicLinkTokens } from './magic-link-tokens.service';
import { MailPauseRepository } from './mail-pause.repository';
import { MailPauses } from './mail-pauses.service';
import { LinkReportService } from './report/link-report.service';
import { ReportTokens } from './report/report-tokens.service';
import { MagicLinkMailComposer } from './request/magic-link-mail.composer';
import { MagicLinkRequestService } from './request/magic-link-request.service';
import { LinkAttempts } from './verify/link-attempts.service';
import { LinkSignIn } from './verify/link-sign-in.service';
import { MagicLinkInspectionService } from './verify/magic-link-inspection.service';
import { MagicLinkValidator } from './verify/magic-link-validator.service';
import { MagicLinkVerificationService } from './verify/magic-link-verification.service';

/** Links: requesting, mailing, inspecting, reporting, and signing in with them or their codes. */
@Module({
  imports: [
    AuditModule,
    ContextModule,
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
    MagicLinkValidator,
    LinkSignIn,
    MagicLinkLimits,
    MagicLinkLookupRepository,
    MagicLinkMailComposer,
    MagicLinkRepository,
    MagicLinkRequestService,
    MagicLinkTokens,
    MagicLinkVerificationService,
    MailPauseRepository,
    MailPauses,
    ReportTokens,
  ],
  exports: [
    CodeVerificationService,
    LinkReportService,
    MagicLinkInspectionService,
    MagicLinkRequestService,
    MagicLinkVerificationService,
  ],
})
export class MagicLinkModule {}
