import type { ClientContext } from './client-context';

/** A request as services see it. */
export interface RequestContext {
  readonly context: ClientContext;
  /** The id in the log line and in the audit trail. */
  readonly requestId: string;
}

/** What the trail stores about an event's request. Address and user agent are personal data. */
export interface RequestInfo {
  readonly ipAddress: string | null;
  readonly userAgent: string | null;
  readonly requestId: string | null;
}

/** For events without a request. */
export const NO_REQUEST: RequestInfo = { ipAddress: null, userAgent: null, requestId: null };

export function requestInfo({ context, requestId }: RequestContext): RequestInfo {
  return { ipAddress: context.ipAddress, userAgent: context.userAgent, requestId };
}
