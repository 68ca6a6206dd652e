import { getDomain } from 'tldts';

import type { RequestOrigin } from '../../http/origin/origin-rule';

/**
 * Whether a request for a cookie session comes from a site other than the service's. Its browser
 * would not send the `SameSite=Lax` cookie with later requests (RFC 6265bis, section 5.2), so
 * asking for one is a mistake.
 *
 * @param request whose origin has already been found on the allow-list.
 * @param publicUrl whose site is the service's.
 */
export function isCrossSite({ origin, secFetchSite }: RequestOrigin, publicUrl: string): boolean {
  if (secFetchSite !== undefined) return secFetchSite === 'cross-site';
  return origin !== undefined && siteOf(origin) !== siteOf(publicUrl);
}

/** Scheme and registrable domain, or the host if it has none, such as `localhost`. */
function siteOf(origin: string): string {
  const { protocol, hostname } = new URL(origin);
  return `${protocol}//${getDomain(hostname, { allowPrivateDomains: true }) ?? hostname}`;
}
