import type { IncomingHttpHeaders } from 'node:http';

import { AuthError } from '../../common/errors';

/** RFC 9110, section 9.2.1; TRACE is safe too, but no route of ours takes it. */
export const SAFE_METHODS: ReadonlySet<string> = new Set(['GET', 'HEAD', 'OPTIONS']);

/** RFC 6454, section 6.2: scheme, host and port if any; nothing after them, and no user. */
const SERIALISED_ORIGIN = /^[a-z][a-z0-9+.-]*:\/\/[^\s/?#@\\]+$/;

/** `none`: typed or bookmarked by the person, so no other site took part (Fetch Metadata). */
const OWN_SITE: ReadonlySet<string> = new Set(['same-origin', 'none']);

/** What a browser says about who made a request. */
export interface RequestOrigin {
  /** The `Origin` header. */
  readonly origin: string | undefined;
  /** The `Sec-Fetch-Site` header. */
  readonly secFetchSite: string | undefined;
}

/**
 * Whether an origin is on the list, character by character: browsers write each origin in one way
 * only. `null` is never on it, even if somebody lists it, as any sandboxed frame can send it.
 */
export function isAllowedOrigin(origin: string, allowedOrigins: readonly string[]): boolean {
  return SERIALISED_ORIGIN.test(origin) && allowedOrigins.includes(origin);
}

/**
 * The rule for `origin_forbidden` on state-changing requests (docs/reference/http-api.md#errors).
 * An `Origin` must be on the list. Without one, `Sec-Fetch-Site` must not name another site. A
 * request with neither passes: it does not come from a browser, so no other site makes use of a
 * person's cookies or network.
 * @internal for specs
 */
export function isForbiddenOrigin(
  request: RequestOrigin & { readonly allowedOrigins: readonly string[] },
): boolean {
  if (request.origin !== undefined) return !isAllowedOrigin(request.origin, request.allowedOrigins);

  return request.secFetchSite !== undefined && !OWN_SITE.has(request.secFetchSite);
}

/** What the headers of a request say about who made it. */
export function requestOrigin(headers: IncomingHttpHeaders): RequestOrigin {
  const site = headers['sec-fetch-site'];
  return {
    origin: headers.origin,
    // Several values are joined to one, which is on no list.
    secFetchSite: Array.isArray(site) ? site.join() : site,
  };
}

/**
 * Applies the rule to a request.
 * @throws AuthError `origin_forbidden`
 */
export function refuseForbiddenOrigin(
  headers: IncomingHttpHeaders,
  allowedOrigins: readonly string[],
): void {
  if (isForbiddenOrigin({ ...requestOrigin(headers), allowedOrigins })) {
    throw new AuthError('origin_forbidden', 'This site may not make that request.');
  }
}
