import { Injectable } from '@nestjs/common';

import { requestId } from '../../http/request-id';
import { ClientContextReader, type ContextRequest } from '../client-context.reader';
import { type RequestContext, type RequestInfo, requestInfo } from '../request-context';

/** Reads what services want to know of a request, apart from its body. */
@Injectable()
export class RequestReader {
  constructor(private readonly contextReader: ClientContextReader) {}

  /** @throws InvalidRequestError (`invalid_request`) when `X-Device-Fingerprint` is of a wrong form. */
  read(request: ContextRequest): RequestContext {
    return { context: this.contextReader.read(request), requestId: requestId(request) };
  }

  /** As the trail keeps it. */
  readInfo(request: ContextRequest): RequestInfo {
    return requestInfo(this.read(request));
  }
}
