import type { IncomingHttpHeaders } from 'node:http';

import { type CanActivate, type ExecutionContext, Inject, Injectable } from '@nestjs/common';

import { markContractGuardsReached } from '../contract-guards';
import { HTTP_OPTIONS, type HttpOptions } from '../http-options';
import { refuseForbiddenOrigin, SAFE_METHODS } from './origin-rule';

/**
 * Applies the origin rule to every state-changing request of our controllers, signed in or not.
 * It comes first among the guards, so that another site learns nothing about sessions or limits.
 *
 * Error: `origin_forbidden`.
 */
@Injectable()
export class OriginGuard implements CanActivate {
  constructor(@Inject(HTTP_OPTIONS) private readonly options: HttpOptions) {}

  canActivate(context: ExecutionContext): boolean {
    const request = context
      .switchToHttp()
      .getRequest<{ readonly method: string; readonly headers: IncomingHttpHeaders }>();
    markContractGuardsReached(request);
    const { method, headers } = request;
    if (SAFE_METHODS.has(method)) return true;

    refuseForbiddenOrigin(headers, this.options.allowedOrigins);
    return true;
  }
}
