import type { Type } from '@nestjs/common';
import type { ModuleRef } from '@nestjs/core';

/**
 * A provider that no module exports. For what the public surface cannot show: to make a token that
 * nobody was mailed, to look into a cache, to call a service without its route.
 */
export function privately<T>(app: Pick<ModuleRef, 'get'>, provider: Type<T> | symbol): T {
  return app.get<T>(provider, { strict: false });
}
