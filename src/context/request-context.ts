import type { ClientContext } from './client-context';

/** A request as services see it. */
export interface RequestContext {
  readonly context: ClientContext;
  /** As the log line and the audit trail have it. */
  readonly requestId: string;
}

/** What the trail keeps of the request behind an event. Address and user agent are personal. */
export interface RequestInfo {
  readonly ipAddress: string | null;
  readonly userAgent: string | null;
  readonly requestId: string | null;
}

/** For events that no request is behind. */
export const NO_REQUEST: RequestInfo = { ipAddress: null, userAgent: null, requestId: null };

export function requestInfo({ context, requestId }: RequestContext): RequestInfo {
  return { ipAddress: context.ipAddress, userAgent: context.userAgent, requestId };
}
