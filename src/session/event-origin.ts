import type { EventOrigin } from '../audit/security-event';
import type { ClientContext } from '../context/client-context';

/** Where a request came from, as the trail keeps it. */
export function eventOrigin({
  context,
  requestId,
}: {
  readonly context: ClientContext;
  readonly requestId: string;
}): EventOrigin {
  return { ipAddress: context.ipAddress, userAgent: context.userAgent, requestId };
}
