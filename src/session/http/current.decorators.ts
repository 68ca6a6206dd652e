import { createParamDecorator, type ExecutionContext } from '@nestjs/common';

import { SessionError } from '../../common/errors';
import { ProblemException } from '../../http/errors/problem.exception';
import type { Principal, PrincipalSession, PrincipalUser } from '../principal';
import { authenticationOf } from './authentication';

function principalOf(context: ExecutionContext): Principal {
  const authentication = authenticationOf(context.switchToHttp().getRequest<object>());
  if (authentication === undefined) {
    const error = new SessionError('session_missing', 'This route needs a session.');
    throw new ProblemException(error);
  }
  return authentication.principal;
}

/** The signed-in user, for handlers of routes that `SessionGuard` protects. */
export const CurrentUser = createParamDecorator(
  (_: unknown, context: ExecutionContext): PrincipalUser => principalOf(context).user,
);

/** The session that the request was made with. */
export const CurrentSession = createParamDecorator(
  (_: unknown, context: ExecutionContext): PrincipalSession => principalOf(context).session,
);

/** User and session together. */
export const CurrentPrincipal = createParamDecorator(
  (_: unknown, context: ExecutionContext): Principal => principalOf(context),
);
