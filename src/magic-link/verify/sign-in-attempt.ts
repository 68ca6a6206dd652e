import type { RequestContext } from '../../context/request-context';
import type { IssuedSession, PresentedSessions } from '../../session/issue/session-issuer.service';

/** An attempt to sign in, with the options of the session that it is to open. */
export interface SignInAttempt extends RequestContext {
  readonly deviceName: string | null;
  readonly rememberDevice: boolean;
  readonly transport: 'bearer' | 'cookie';
  /** The sessions that the request presents, which the new one replaces. Absent for none. */
  readonly presented?: PresentedSessions;
}

/** A sign-in that succeeded. */
export interface SignIn {
  readonly userId: string;
  readonly email: string;
  readonly session: IssuedSession;
  readonly redirectTo: string | null;
  /**
   * The device secrets that the browser must hold from now on, if others than it has sent: the
   * session is bound to the first.
   */
  readonly deviceSecrets: readonly string[] | undefined;
}
