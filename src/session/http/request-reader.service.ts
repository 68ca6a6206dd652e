import { Injectable } from '@nestjs/common';

import type { EventOrigin } from '../../audit/security-event';
import type { ClientContext } from '../../context/client-context';
import { ClientContextReader, type ContextRequest } from '../../context/client-context.reader';
import { requestId } from '../../http/request-id';
import { eventOrigin } from '../event-origin';

/** What services want to know of a request, apart from its body. */
@Injectable()
export class RequestReader {
  constructor(private readonly contextReader: ClientContextReader) {}

  /** @throws InvalidRequestError (`invalid_request`) when `X-Device-Fingerprint` is of a wrong form. */
  read(request: ContextRequest): { readonly context: ClientContext; readonly requestId: string } {
    return { context: this.contextReader.read(request), requestId: requestId(request) };
  }

  /** The same as the trail keeps it. */
  origin(request: ContextRequest): EventOrigin {
    return eventOrigin(this.read(request));
  }
}
