import { parseDatabaseAddress } from './database-url';
import type { RedirectRule } from './resolved-options';

/**
 * Reads an origin: scheme, host and port, as browsers send it (RFC 6454, section 6.1).
 *
 * @throws TypeError naming `name` when it is anything else: a path, a query, another scheme.
 */
export function parseOrigin(value: string, name: string): string {
  const url = httpUrl(value);
  if (url === undefined || (value !== url.origin && value !== `${url.origin}/`)) {
    throw new TypeError(
      `${name} must be an http or https origin such as https://auth.example.com, without a path`,
    );
  }
  return url.origin;
}

/** Reads an absolute http or https URL without credentials, query or fragment. */
export function parseHttpUrl(value: string, name: string): string {
  const url = httpUrl(value);
  const hasCredentials = url !== undefined && `${url.username}${url.password}` !== '';
  if (url === undefined || hasCredentials || /[?#]/.test(value)) {
    throw new TypeError(`${name} must be an absolute http or https URL without query or fragment`);
  }

  return url.href;
}

/**
 * Checks the URL of a PostgreSQL database.
 *
 * @returns the URL as it is.
 * @throws TypeError naming `name`, never the value, which holds a password.
 */
export function parseDatabaseUrl(value: string, name: string): string {
  parseDatabaseAddress(value, name);
  return value;
}

/** Reads an entry of the redirect allow-list: an origin, optionally with a path prefix. */
export function parseRedirectRule(value: string, name: string): RedirectRule {
  const url = httpUrl(parseHttpUrl(value, name));
  if (url === undefined) throw new TypeError(`${name} must be an absolute http or https URL`);
  return { origin: url.origin, pathPrefix: url.pathname };
}

function httpUrl(value: string): URL | undefined {
  const url = URL.canParse(value) ? new URL(value) : undefined;
  // Everything here is compared exactly: a pattern would never match, and look as if it did.
  if (url === undefined || url.hostname.includes('*')) return undefined;
  return url.protocol === 'https:' || url.protocol === 'http:' ? url : undefined;
}
