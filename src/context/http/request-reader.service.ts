import { Injectable } from '@nestjs/common';

import { requestId } from '../../http/request-id';
import { ClientContextReader, type ContextRequest } from '../client-context.reader';
import { type RequestContext, type RequestInfo, requestInfo } from '../request-context';

/** Reads what services need from a request besides its body. */
@Injectable()
export class RequestReader {
  constructor(private readonly contextReader: ClientContextReader) {}

  /** @throws InvalidRequestError (`invalid_request`) when `X-Device-Fingerprint` is malformed. */
  read(request: ContextRequest): RequestContext {
    return { context: this.contextReader.read(request), requestId: requestId(request) };
  }

  /** The same in the form that the audit trail stores. */
  readInfo(request: ContextRequest): RequestInfo {
    return requestInfo(this.read(request));
  }
}
