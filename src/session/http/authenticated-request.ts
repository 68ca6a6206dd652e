import type { Principal } from '../principal';
import type { SessionTransport } from './credentials';

/** Who makes a request, and how the session came with it. */
export interface Authentication {
  readonly principal: Principal;
  readonly transport: SessionTransport;
}

// Kept beside the request and not on it, so that nothing a client sends can pass for it.
const authentications = new WeakMap<object, Authentication>();

export function rememberAuthentication(request: object, authentication: Authentication): void {
  authentications.set(request, authentication);
}

/** What the session guard found out about a request; `undefined` on a public route. */
export function authenticationOf(request: object): Authentication | undefined {
  return authentications.get(request);
}
