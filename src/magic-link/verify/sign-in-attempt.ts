import type { RequestContext } from '../../context/request-context';
import type { IssuedSession } from '../../session/issue/session-issuer.service';

/** An attempt to sign in, with the options of the session that it is to open. */
export interface SignInAttempt extends RequestContext {
  readonly deviceName: string | null;
  readonly rememberDevice: boolean;
  readonly transport: 'bearer' | 'cookie';
}

/** A sign-in that succeeded. */
export interface SignIn {
  readonly userId: string;
  readonly email: string;
  readonly session: IssuedSession;
  readonly redirectTo: string | null;
}
