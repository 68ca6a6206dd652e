import { Module } from '@nestjs/common';

import { EventsController } from '../account/http/events.controller';
import { AuditModule } from '../audit/audit.module';
import { DeviceCookie } from '../context/http/device-cookie.service';
import { RequestReader } from '../context/http/request-reader.service';
import { MagicLinkController } from '../magic-link/http/magic-link.controller';
import { SignInController } from '../magic-link/http/sign-in.controller';
import { MagicLinkModule } from '../magic-link/magic-link.module';
import { RateLimitModule } from '../rate-limit/rate-limit.module';
import { LogoutController } from '../session/http/logout.controller';
import { PresentedSessionReader } from '../session/http/presented-session.reader';
import { SessionController } from '../session/http/session.controller';
import { SessionCookie } from '../session/http/session-cookie.service';
import { SessionModule } from '../session/session.module';

/** The routes of docs/reference/http-api.md#endpoints. */
@Module({
  imports: [AuditModule, MagicLinkModule, RateLimitModule, SessionModule],
  controllers: [
    MagicLinkController,
    SignInController,
    SessionController,
    LogoutController,
    EventsController,
  ],
  providers: [RequestReader, DeviceCookie, PresentedSessionReader, SessionCookie],
})
export class AuthHttpModule {}
