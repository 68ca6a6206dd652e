import { requestState } from '../../http/request-state';
import { type CachedSession, toPrincipal } from '../memory/cached-session';
import type { Principal } from '../principal';
import type { SessionTransport } from './credentials';

/** Who makes a request, and how the session came with it. */
export class Authentication {
  private made: Principal | undefined;

  constructor(
    private readonly session: CachedSession,
    readonly transport: SessionTransport,
  ) {}

  /** Made when a handler first asks: most never do. */
  get principal(): Principal {
    return (this.made ??= toPrincipal(this.session));
  }
}

const authentications = requestState<Authentication>();

export function rememberAuthentication(request: object, authentication: Authentication): void {
  authentications.set(request, authentication);
}

/** What the session guard found out about a request; `undefined` on a public route. */
export function authenticationOf(request: object): Authentication | undefined {
  return authentications.get(request);
}
