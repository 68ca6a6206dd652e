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
export type {
  AuthOptions,
  CleanUpOptions,
  DatabaseOptions,
  LimitOptions,
  MagicLinkOptions,
  MailOptions,
  SessionOptions,
} from './config/auth-options';
export type { ContextPolicy } from './config/context-policy-name';
export type { ClientContext } from './context/client-context';
export { migrate, type MigrateSettings, revertMigration } from './database/migrate';
export { configureAuthHttp, type ConfigureHttpOptions } from './http/configure-http';
export { ProblemFilter } from './http/errors/problem.filter';
export {
  type MagicLinkRequest,
  MagicLinkRequestService,
  type RequestedMagicLink,
} from './magic-link/request/magic-link-request.service';
export {
  type MagicLinkVerification,
  MagicLinkVerificationService,
} from './magic-link/verify/magic-link-verification.service';
export type { SignIn } from './magic-link/verify/sign-in-attempt';
export { Mailer, type OutgoingMail, PermanentMailError, TransientMailError } from './mail/mailer';
export { SessionAuthenticator } from './session/authenticate/session-authenticator.service';
export type { SessionPresentation } from './session/authenticate/session-presentation';
export { CurrentPrincipal, CurrentSession, CurrentUser } from './session/http/current.decorators';
export { Public } from './session/http/public.decorator';
export { SessionGuard } from './session/http/session.guard';
export type { Principal, PrincipalSession, PrincipalUser } from './session/principal';
export { SessionService } from './session/session.service';
