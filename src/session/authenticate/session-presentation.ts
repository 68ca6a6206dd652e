import type { RequestContext } from '../../context/request-context';

/** A session token, with what is known of the request that presents it. */
export interface SessionPresentation extends RequestContext {
  readonly token: string;
}
