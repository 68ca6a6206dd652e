/** The parts of an Express or Fastify request that tell its route. */
export interface RoutedRequest {
  readonly route?: { readonly path?: unknown };
  readonly routeOptions?: { readonly url?: unknown };
}

/**
 * The pattern of the route that takes a request, such as `/auth/sessions/:id`; nothing where none
 * does. Unlike the URL it holds nothing that belongs to a person, and there are only a few.
 */
export function routePattern({ route, routeOptions }: RoutedRequest): string | undefined {
  const pattern = route?.path ?? routeOptions?.url;
  return typeof pattern === 'string' ? pattern : undefined;
}
