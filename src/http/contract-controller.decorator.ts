import {
  applyDecorators,
  type CanActivate,
  Controller,
  type Type,
  UseFilters,
  UseGuards,
  UseInterceptors,
  UsePipes,
} from '@nestjs/common';

import { BodyGuard } from './body/body.guard';
import { authValidationPipe } from './body/contract-validation.pipe';
import { ContractGuards } from './contract-guards';
import { ContractHeadersInterceptor } from './contract-headers.interceptor';
import { ProblemFilter } from './errors/problem.filter';
import { OriginGuard } from './origin/origin.guard';

/**
 * A controller of docs/reference/http-api.md, with what that page says of all routes: guards,
 * errors, headers, validation. They are bound to the controller, so that a host's own routes have
 * none.
 *
 * @param guards what else stands before the routes, in this order.
 */
export function ContractController(
  path: string,
  ...guards: readonly Type<CanActivate>[]
): ClassDecorator {
  return applyDecorators(
    Controller(path),
    UseGuards(OriginGuard, BodyGuard, ...guards),
    ContractGuards(guards),
    UseFilters(ProblemFilter),
    UseInterceptors(ContractHeadersInterceptor),
    UsePipes(authValidationPipe()),
  );
}
