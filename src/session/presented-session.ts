import type { ClientContext } from '../context/client-context';

/** A session token and where it was presented from. */
export interface PresentedSession {
  readonly token: string;
  readonly context: ClientContext;
  readonly requestId: string;
}
