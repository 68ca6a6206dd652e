/** The parts of an Express or Fastify request that tell its route. */
export interface RoutedRequest {
  readonly route?: { readonly path?: unknown };
  readonly routeOptions?: { readonly url?: unknown };
}

/**
 * The pattern of the route that takes a request, such as `/auth/sessions/:id`, or nothing if none
 * does. Unlike URLs, patterns hold no personal data, and there are only a few.
 */
export function routePattern({ route, routeOptions }: RoutedRequest): string | undefined {
  const pattern = route?.path ?? routeOptions?.url;
  return typeof pattern === 'string' ? pattern : undefined;
}
