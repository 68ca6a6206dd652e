import type { Request } from 'express';

/**
 * The pattern of the route that took a request, such as `/auth/sessions/:id`; nothing where none
 * did. Unlike the URL it holds nothing that belongs to a person, and there are only a few.
 */
export function routePattern(request: Request): string | undefined {
  const { route } = request as { route?: { path?: unknown } };
  return typeof route?.path === 'string' ? route.path : undefined;
}
