import { Injectable } from '@nestjs/common';

import { requestId } from '../../http/request-id';
import { ClientContextReader, type ContextRequest } from '../client-context.reader';
import type { RequestContext, RequestInfo } from '../request-context';

/** Reads what services need from a request besides its body. */
@Injectable()
export class RequestReader {
  constructor(private readonly contextReader: ClientContextReader) {}

  /** @throws InvalidRequestError (`invalid_request`) when `X-Device-Fingerprint` is malformed. */
  read(request: ContextRequest): RequestContext {
    return { context: this.contextReader.read(request), requestId: requestId(request) };
  }

  /** What the audit trail stores of a request. It does not read the device, so it never throws. */
  readInfo(request: ContextRequest): RequestInfo {
    return {
      ipAddress: this.contextReader.ipAddress(request),
      userAgent: this.contextReader.userAgent(request),
      requestId: requestId(request),
    };
  }
}
