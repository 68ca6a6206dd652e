import { Module } from '@nestjs/common';

import { AuditModule } from '../audit/audit.module';
import { ContextModule } from '../context/context.module';
import { CryptoModule } from '../crypto/crypto.module';
import { DatabaseModule } from '../database/database.module';
import { MailModule } from '../mail/mail.module';
import { RateLimitModule } from '../rate-limit/rate-limit.module';
import { UsersModule } from '../users/users.module';
import { SessionAuthenticator } from './authenticate/session-authenticator.service';
import { SessionRefusals } from './authenticate/session-refusals.service';
import { SessionIssuer } from './issue/session-issuer.service';
import { SessionMailComposer } from './issue/session-mail.composer';
import { SignInReportTokens } from './issue/sign-in-report-tokens.service';
import { LastUse } from './memory/last-use.service';
import { SessionCache } from './memory/session-cache.service';
import { SessionRevocationRepository } from './memory/session-revocation.repository';
import { SessionRevocationFeed } from './memory/session-revocation-feed.service';
import { SessionUseRepository } from './memory/session-use.repository';
import { SessionRepository } from './session.repository';
import { SessionService } from './session.service';
import { SessionEndingRepository } from './session-ending.repository';
import { SessionOwnerRepository } from './session-owner.repository';
import { SessionReports } from './session-reports.service';

/** Sessions: opening, validating, listing, ending. */
@Module({
  imports: [
    AuditModule,
    ContextModule,
    CryptoModule,
    DatabaseModule,
    MailModule,
    RateLimitModule,
    UsersModule,
  ],
  providers: [
    SessionAuthenticator,
    SessionCache,
    SessionEndingRepository,
    SessionIssuer,
    SessionMailComposer,
    SessionOwnerRepository,
    SessionRefusals,
    SessionReports,
    SessionRepository,
    SessionRevocationFeed,
    SessionRevocationRepository,
    SessionService,
    SessionUseRepository,
    SignInReportTokens,
    LastUse,
  ],
  exports: [
    SessionAuthenticator,
    SessionCache,
    SessionIssuer,
    SessionReports,
    SessionRevocationFeed,
    SessionService,
    SignInReportTokens,
  ],
})
export class SessionModule {}
