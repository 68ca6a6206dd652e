import type { RequestContext } from '../../context/request-context';
import type { IssuedSession } from '../../session/issue/session-issuer.service';

/** An attempt to sign in, and how the session shall be. */
export interface SignInAttempt extends RequestContext {
  readonly deviceName: string | null;
  readonly rememberDevice: boolean;
  readonly transport: 'bearer' | 'cookie';
}

/** Somebody has signed in. */
export interface SignIn {
  readonly userId: string;
  readonly email: string;
  readonly session: IssuedSession;
  readonly redirectTo: string | null;
}
