import { Module } from '@nestjs/common';

import { AuditModule } from '../audit/audit.module';
import { CryptoModule } from '../crypto/crypto.module';
import { DatabaseModule } from '../database/database.module';
import { MailModule } from '../mail/mail.module';
import { RateLimitModule } from '../rate-limit/rate-limit.module';
import { UsersModule } from '../users/users.module';
import { ContextCheck } from './context-check.service';
import { SessionAuthenticator } from './session-authenticator.service';
import { SessionCache } from './session-cache';
import { SessionEndingRepository } from './session-ending.repository';
import { SessionIssuer } from './session-issuer.service';
import { SessionLookup } from './session-lookup.service';
import { SessionMailComposer } from './session-mail.composer';
import { SessionRefusals } from './session-refusals.service';
import { SessionRetentionRepository } from './session-retention.repository';
import { SessionRevocationFeed } from './session-revocation-feed.service';
import { SessionRevocationRepository } from './session-revocation.repository';
import { SessionTouches } from './session-touches.service';
import { SessionRepository } from './session.repository';
import { SessionService } from './session.service';

/** Sessions: opening, validating, listing, ending. */
@Module({
  imports: [AuditModule, CryptoModule, DatabaseModule, MailModule, RateLimitModule, UsersModule],
  providers: [
    ContextCheck,
    SessionAuthenticator,
    SessionCache,
    SessionEndingRepository,
    SessionIssuer,
    SessionLookup,
    SessionMailComposer,
    SessionRefusals,
    SessionRepository,
    SessionRetentionRepository,
    SessionRevocationFeed,
    SessionRevocationRepository,
    SessionService,
    SessionTouches,
  ],
  exports: [
    ContextCheck,
    SessionAuthenticator,
    SessionCache,
    SessionIssuer,
    SessionRetentionRepository,
    SessionRevocationFeed,
    SessionService,
  ],
})
export class SessionModule {}
