import type { ClientContext } from '../../context/client-context';
import { requestState } from '../../http/request-state';
import { type CachedSession, toPrincipal } from '../memory/cached-session';
import type { Principal } from '../principal';
import type { SessionTransport } from './credentials';

/** The session that a request was made with, and how it was sent. */
export class Authentication {
  private builtPrincipal: Principal | undefined;

  constructor(
    private readonly session: CachedSession,
    private readonly context: ClientContext,
    readonly transport: SessionTransport,
  ) {}

  /** Built on first use: most handlers never need it. */
  get principal(): Principal {
    return (this.builtPrincipal ??= toPrincipal(this.session, this.context));
  }
}

const authentications = requestState<Authentication>();

export function rememberAuthentication(request: object, authentication: Authentication): void {
  authentications.set(request, authentication);
}

/** What the session guard has stored for a request; `undefined` on a public route. */
export function authenticationOf(request: object): Authentication | undefined {
  return authentications.get(request);
}
