import { type CanActivate, type ExecutionContext, Inject, Injectable } from '@nestjs/common';
import { Reflector } from '@nestjs/core';

import { AuthError, SessionError } from '../../common/errors';
import { RESOLVED_OPTIONS, type ResolvedAuthOptions } from '../../config/resolved-options';
import { ClientContextReader, type ContextRequest } from '../../context/client-context.reader';
import { isContractRoute, runsAgainOnController } from '../../http/contract-guards';
import { ProblemException } from '../../http/errors/problem.exception';
import { refuseForbiddenOrigin, SAFE_METHODS } from '../../http/origin/origin-rule';
import { requestId } from '../../http/request-id';
import { SessionAuthenticator } from '../authenticate/session-authenticator.service';
import type { SessionPresentation } from '../authenticate/session-presentation';
import { refuseOtherSession } from '../expected-session';
import { Authentication, authenticationOf, rememberAuthentication } from './authentication';
import { sessionCookieProfile } from './cookies';
import {
  readCredentials,
  readExpectedSession,
  type SessionCredentials,
  type SessionTransport,
} from './credentials';
import { IS_PUBLIC } from './public.decorator';

type GuardedRequest = ContextRequest & { readonly method: string };

/**
 * Lets a request pass when it carries a valid session from a context that the policy accepts.
 * Routes marked `@Public()` pass without a session and without a database query. On the host
 * application's own routes the response has the right status even if Nest's default exception
 * filter is the only one.
 */
@Injectable()
export class SessionGuard implements CanActivate {
  private readonly cookieName: string;

  constructor(
    private readonly reflector: Reflector,
    private readonly authenticator: SessionAuthenticator,
    private readonly contextReader: ClientContextReader,
    @Inject(RESOLVED_OPTIONS)
    private readonly options: Pick<ResolvedAuthOptions, 'publicUrl' | 'allowedOrigins'>,
  ) {
    this.cookieName = sessionCookieProfile(options.publicUrl).name;
  }

  /**
   * Returns synchronously when memory has the answer, so that the request need not wait.
   *
   * @throws ProblemException with the status and code of docs/reference/http-api.md#errors.
   */
  canActivate(context: ExecutionContext): boolean | Promise<boolean> {
    const targets = [context.getHandler(), context.getClass()];
    if (this.reflector.getAllAndOverride<boolean | undefined>(IS_PUBLIC, targets)) return true;
    // Bound to both the application and a controller, the guard runs twice but checks only once:
    // on our own controllers in the second run, after the origin rule and the throttler.
    if (runsAgainOnController(SessionGuard, context)) return true;
    const request = context.switchToHttp().getRequest<GuardedRequest>();
    if (authenticationOf(request) !== undefined) return true;
    try {
      return this.authenticate(request, isContractRoute(context));
    } catch (error) {
      throw asProblem(error);
    }
  }

  /**
   * @param isContractRoute whether the route is one of our own. Those show and change sessions, so
   *   they need the current state from the database, which they query anyway.
   */
  private authenticate(
    request: GuardedRequest,
    isContractRoute: boolean,
  ): boolean | Promise<boolean> {
    const credentials = readCredentials(request.headers, this.cookieName);
    if (credentials === undefined) {
      throw new SessionError('session_missing', 'This route needs a session.');
    }

    this.refuseForgery(request, credentials);
    const { token, transport } = credentials;
    const presented = { token, context: this.contextReader.read(request) };
    const session = isContractRoute ? undefined : this.authenticator.recall(presented);
    if (session === undefined) {
      const isMeantForOne = isContractRoute && !SAFE_METHODS.has(request.method);
      const expected = isMeantForOne ? readExpectedSession(request.headers) : undefined;
      return this.lookUp(
        request,
        { ...presented, requestId: requestId(request) },
        transport,
        expected,
      );
    }

    rememberAuthentication(request, new Authentication(session, presented.context, transport));
    return true;
  }

  private async lookUp(
    request: GuardedRequest,
    presented: SessionPresentation,
    transport: SessionTransport,
    expectedSessionId: string | undefined,
  ): Promise<boolean> {
    try {
      const session = await this.authenticator.lookUp(presented);
      refuseOtherSession([session.id], expectedSessionId);
      rememberAuthentication(request, new Authentication(session, presented.context, transport));
      return true;
    } catch (error) {
      throw asProblem(error);
    }
  }

  /**
   * A browser sends cookies whichever site causes the request. A state-changing request or a
   * WebSocket handshake with a cookie session must therefore come from an allowed origin (OWASP
   * CSRF prevention, "Verifying Origin"; RFC 6455, section 10.2).
   */
  private refuseForgery(
    { method, headers }: GuardedRequest,
    { transport }: SessionCredentials,
  ): void {
    const isSafe = SAFE_METHODS.has(method) && headers.upgrade === undefined;
    if (transport !== 'cookie' || isSafe) return;
    refuseForbiddenOrigin(headers, this.options.allowedOrigins);
  }
}

function asProblem(error: unknown): unknown {
  return error instanceof AuthError ? new ProblemException(error) : error;
}
