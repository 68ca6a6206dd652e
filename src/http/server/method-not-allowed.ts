import type { NextFunction, Request, Response } from 'express';

import { methodNotAllowed } from '../errors/request-errors';

/** What is used of a layer of Express 5's router. Layers without a route are middleware. */
interface RouterLayer {
  readonly route?: { readonly methods: Readonly<Record<string, boolean | undefined>> } | undefined;
  match(path: string): unknown;
}

/** Express 5's router, as `app.router`; routes may still be added to it after this is called. */
export interface RouteTable {
  readonly stack: readonly RouterLayer[];
}

/**
 * Answers what no route would, before any body is read: `method_not_allowed` with `Allow` (RFC
 * 9110, section 15.5.6) for a path that exists under other methods, and `OPTIONS` with the same
 * list. Paths that the table doesn't know go on, and end as `not_found`.
 */
export function methodMiddleware(
  routes: RouteTable,
): (request: Request, response: Response, next: NextFunction) => void {
  return (request, response, next) => {
    const methods = methodsOf(routes, request.path);
    if (methods === undefined || methods.has(request.method)) {
      next();
      return;
    }
    response.setHeader('Allow', [...methods, 'OPTIONS'].join(', '));
    if (request.method === 'OPTIONS') {
      response.status(204).end();
      return;
    }
    next(methodNotAllowed());
  };
}

/** The methods of all routes that match a path; nothing if none does, or one takes any method. */
function methodsOf(routes: RouteTable, path: string): ReadonlySet<string> | undefined {
  const methods = new Set<string>();
  for (const layer of routes.stack) {
    if (!layer.route || !matches(layer, path)) continue;

    if (layer.route.methods['_all']) return undefined;

    for (const method of Object.keys(layer.route.methods)) {
      methods.add(method.toUpperCase());
      // Express answers HEAD by the route for GET.
      if (method === 'get') methods.add('HEAD');
    }
  }
  return methods.size > 0 ? methods : undefined;
}

/** A parameter with a broken percent-encoding throws; the router will say so itself. */
function matches(layer: RouterLayer, path: string): boolean {
  try {
    return Boolean(layer.match(path));
  } catch {
    return false;
  }
}
