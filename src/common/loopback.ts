/**
 * Tells whether a URL's host names this machine itself. Browsers treat these hosts as trustworthy
 * without TLS (W3C Secure Contexts, section 3.1).
 *
 * @param hostname as `URL.hostname` gives it: lower case, IPv6 in brackets.
 */
export function isLoopbackHostname(hostname: string): boolean {
  return (
    hostname === 'localhost' ||
    hostname.endsWith('.localhost') ||
    hostname === '[::1]' ||
    /^127(?:\.\d{1,3}){3}$/.test(hostname)
  );
}
