import {
  type CallHandler,
  type ExecutionContext,
  Injectable,
  type NestInterceptor,
} from '@nestjs/common';
import { HttpAdapterHost } from '@nestjs/core';
import type { Observable } from 'rxjs';

import { setContractHeaders } from './contract-headers';
import type { RequestLike } from './request-id';

/**
 * Puts the contract's headers on successful answers of our controllers in a host that did not
 * call `configureAuthHttp`. Error answers get them from the problem filter, which also sees what
 * guards throw before any interceptor runs.
 */
@Injectable()
export class ContractHeadersInterceptor implements NestInterceptor {
  constructor(private readonly adapterHost: HttpAdapterHost) {}

  intercept(context: ExecutionContext, next: CallHandler): Observable<unknown> {
    const http = context.switchToHttp();
    const adapter = this.adapterHost.httpAdapter;
    setContractHeaders(adapter, http.getRequest<RequestLike>(), http.getResponse<unknown>());
    return next.handle();
  }
}
