import { isLoopbackHostname } from './loopback';

/** The name of a cookie under one public URL, and whether it is `Secure`. */
export interface CookieProfile {
  readonly name: string;
  readonly secure: boolean;
}

/**
 * `__Host-` binds a cookie to this host, path `/` and TLS (RFC 6265bis, section 4.1.3.2), so that
 * no sibling domain can plant one. Only plain http on a loopback host goes without, because
 * browsers don't store such cookies there.
 *
 * @param baseName the name without a prefix.
 * @param publicUrl the service's origin.
 */
export function cookieProfile(baseName: string, publicUrl: string): CookieProfile {
  const { protocol, hostname } = new URL(publicUrl);
  return protocol === 'http:' && isLoopbackHostname(hostname)
    ? { name: baseName, secure: false }
    : { name: `__Host-${baseName}`, secure: true };
}

/**
 * A `Set-Cookie` value.
 *
 * @param maxAgeSeconds 0 removes the cookie.
 */
export function setCookie(
  { name, secure }: CookieProfile,
  value: string,
  maxAgeSeconds: number,
): string {
  const attributes = ['Path=/', `Max-Age=${maxAgeSeconds.toString()}`, 'HttpOnly', 'SameSite=Lax'];
  return [`${name}=${value}`, ...attributes, ...(secure ? ['Secure'] : [])].join('; ');
}

/** The value of one cookie of a `Cookie` header (RFC 6265, section 4.2.1); the first, if several. */
export function readCookie(header: string | undefined, name: string): string | undefined {
  const prefix = `${name}=`;
  return header
    ?.split(';')
    .map((pair) => pair.trim())
    .find((pair) => pair.startsWith(prefix))
    ?.slice(prefix.length);
}
