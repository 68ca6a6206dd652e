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
import { LastUse } from './memory/last-use.service';
import { SessionCache } from './memory/session-cache.service';
import { SessionRevocationRepository } from './memory/session-revocation.repository';
import { SessionRevocationFeed } from './memory/session-revocation-feed.service';
import { SessionRepository } from './session.repository';
import { SessionService } from './session.service';
import { SessionEndingRepository } from './session-ending.repository';

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
    SessionRefusals,
    SessionRepository,
    SessionRevocationFeed,
    SessionRevocationRepository,
    SessionService,
    LastUse,
  ],
  exports: [
    SessionAuthenticator,
    SessionCache,
    SessionIssuer,
    SessionRevocationFeed,
    SessionService,
  ],
})
export class SessionModule {}
