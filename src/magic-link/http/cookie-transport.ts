import { getDomain } from 'tldts';

import type { RequestOrigin } from '../../http/origin/origin-rule';

/**
 * Whether a request for a cookie comes from another site than the service's: its browser would
 * not send the `SameSite=Lax` cookie back with later requests (RFC 6265bis, section 5.2), so that
 * asking for one is a mistake.
 *
 * @param request whose origin is on the allow-list already.
 * @param publicUrl the service's origin.
 */
export function isCrossSite({ origin, secFetchSite }: RequestOrigin, publicUrl: string): boolean {
  if (secFetchSite !== undefined) return secFetchSite === 'cross-site';
  return origin !== undefined && siteOf(origin) !== siteOf(publicUrl);
}

/** Scheme and registrable domain; the host itself where it has none, such as `localhost`. */
function siteOf(origin: string): string {
  const { protocol, hostname } = new URL(origin);
  return `${protocol}//${getDomain(hostname, { allowPrivateDomains: true }) ?? hostname}`;
}
