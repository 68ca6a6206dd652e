import { Module } from '@nestjs/common';

import { AuditModule } from '../audit/audit.module';
import { CryptoModule } from '../crypto/crypto.module';
import { DatabaseModule } from '../database/database.module';
import { MailModule } from '../mail/mail.module';
import { RateLimitModule } from '../rate-limit/rate-limit.module';
import { UsersModule } from '../users/users.module';
import { ContextCheck } from './context-check.service';
import { SessionAuthenticator } from './session-authenticator.service';
import { SessionIssuer } from './session-issuer.service';
import { SessionMailComposer } from './session-mail.composer';
import { SessionRefusals } from './session-refusals.service';
import { SessionRepository } from './session.repository';
import { SessionService } from './session.service';

/** Sessions: opening, validating, listing, ending. */
@Module({
  imports: [AuditModule, CryptoModule, DatabaseModule, MailModule, RateLimitModule, UsersModule],
  providers: [
    ContextCheck,
    SessionAuthenticator,
    SessionIssuer,
    SessionMailComposer,
    SessionRefusals,
    SessionRepository,
    SessionService,
  ],
  exports: [ContextCheck, SessionAuthenticator, SessionIssuer, SessionService],
})
export class SessionModule {}
