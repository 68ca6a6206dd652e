import type { ClientContext } from '../context/client-context';
import type { IssuedSession } from '../session/session-issuer.service';

/** Where an attempt to use a link or its code came from. */
export interface LinkAttempt {
  readonly context: ClientContext;
  readonly requestId: string;
}

/** An attempt to sign in, and how the session shall be. */
export interface SignInAttempt extends LinkAttempt {
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
