import { type CanActivate, type ExecutionContext, SetMetadata, type Type } from '@nestjs/common';

import { requestState } from './request-state';

const CONTRACT_GUARDS = Symbol('mira-auth:contract-guards');

const reached = requestState<true>();

/** Notes on a controller which guards stand before its routes. */
export const ContractGuards = (guards: readonly Type<CanActivate>[]): ClassDecorator =>
  SetMetadata(CONTRACT_GUARDS, guards);

/** Notes that the guards of one of our controllers run for a request, after those of the host. */
export function markContractGuardsReached(request: object): void {
  reached.set(request, true);
}

/** Whether a route is one of the contract's, and none of a host's own. */
export function isContractRoute(context: ExecutionContext): boolean {
  return guardsOf(context) !== undefined;
}

/**
 * Whether a guard that runs now will run again with the guards of one of our controllers. That is
 * so where a host has bound a guard of ours to its whole application, too: it runs there first, and
 * must leave the request to the controller's guards, which have an order.
 */
export function runsAgainOnController(
  guard: Type<CanActivate>,
  context: ExecutionContext,
): boolean {
  if (guardsOf(context)?.includes(guard) !== true) return false;
  return reached.get(context.switchToHttp().getRequest<object>()) === undefined;
}

function guardsOf(context: ExecutionContext): readonly Type<CanActivate>[] | undefined {
  return Reflect.getOwnMetadata(CONTRACT_GUARDS, context.getClass()) as
    readonly Type<CanActivate>[] | undefined;
}
