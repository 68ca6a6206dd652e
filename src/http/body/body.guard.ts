import type { IncomingHttpHeaders } from 'node:http';

import { type CanActivate, type ExecutionContext, Injectable } from '@nestjs/common';

import { assertJsonContentType } from './json-body';
import { inspectValue, jsonFaultError } from './json-guard';

interface ParsedRequest {
  readonly headers: IncomingHttpHeaders;
  readonly body?: unknown;
  readonly query?: unknown;
}

/**
 * Refuses bodies and queries that must not reach validation, whichever parser the host uses.
 * Guards run before pipes, and the pipes recurse: this one belongs on every controller of ours.
 *
 * Errors: `unsupported_media_type`, `invalid_request`.
 */
@Injectable()
export class BodyGuard implements CanActivate {
  canActivate(context: ExecutionContext): boolean {
    const request = context.switchToHttp().getRequest<ParsedRequest>();
    assertJsonContentType(request.headers);
    for (const part of ['body', 'query'] as const) {
      const fault = inspectValue(request[part]);
      if (fault) throw jsonFaultError(fault, part);
    }
    return true;
  }
}
