export {
  AuthModule,
  type AuthModuleAsyncOptions,
  type AuthModuleOptions,
} from './auth/auth.module';
export { entities } from './auth/entities';
export {
  AuthError,
  type AuthErrorCode,
  type FieldError,
  InvalidRequestError,
  RateLimitError,
  SessionError,
  TokenError,
  UnavailableError,
} from './common/errors';
export type { ContextPolicy } from './common/context-policy-name';
export type {
  AuthOptions,
  CleanUpOptions,
  DatabaseOptions,
  LimitOptions,
  MagicLinkOptions,
  MailOptions,
  SessionOptions,
} from './config/auth-options';
export type { ClientContext } from './context/client-context';
export { migrate, type MigrateSettings, revertMigration } from './database/migrate';
export { configureAuthHttp, type ConfigureHttpOptions } from './http/configure-http';
export { ProblemFilter } from './http/problem.filter';
export {
  type MagicLinkRequest,
  MagicLinkRequestService,
  type RequestedMagicLink,
} from './magic-link/magic-link-request.service';
export {
  type MagicLinkVerification,
  MagicLinkVerificationService,
} from './magic-link/magic-link-verification.service';
export type { SignIn } from './magic-link/sign-in-attempt';
export { Mailer, type OutgoingMail, PermanentMailError, TransientMailError } from './mail/mailer';
export { CurrentPrincipal, CurrentSession, CurrentUser } from './session/http/current.decorators';
export { Public } from './session/http/public.decorator';
export { SessionGuard } from './session/http/session.guard';
export type { PresentedSession } from './session/presented-session';
export type { Principal, PrincipalSession, PrincipalUser } from './session/principal';
export { SessionAuthenticator } from './session/session-authenticator.service';
export { SessionService } from './session/session.service';
