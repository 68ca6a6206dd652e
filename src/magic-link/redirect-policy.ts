import type { RedirectRule } from '../config/resolved-options';

/** The longest target that is accepted: it fits the column, and is far below a token's limit. */
const MAXIMUM_LENGTH = 1_024;

/** Printable ASCII but no quotes, angle brackets or backslashes, which browsers read as slashes. */
const ACCEPTED_CHARACTERS = /^[\x21\x23-\x3b\x3d\x3f-\x5b\x5d-\x7e]+$/;

/**
 * Encoded dots, slashes, backslashes and percent signs, which serve only to get past checks, and
 * encoded control characters, which no path needs.
 */
const ENCODED_TRICK = /%(?:2e|2f|5c|25|[01][\da-f]|7f)/i;

/**
 * Whether a sign-in may redirect to a URL: its origin must equal one of the allow-list, and its
 * path must be at or below that rule's path (ASVS 5.0, 3.7.2; RFC 9700, section 4.11). The text
 * must be in the URL parser's normal form already, so that no client parses it as another target.
 */
export function isAllowedRedirect(target: string, rules: readonly RedirectRule[]): boolean {
  if (target.length > MAXIMUM_LENGTH || !ACCEPTED_CHARACTERS.test(target)) return false;
  if (!URL.canParse(target)) return false;
  const url = new URL(target);
  const isPlain = target === url.href || `${target}/` === url.href;
  if (!isPlain || url.username !== '' || url.password !== '') return false;
  if (url.pathname.includes('//') || ENCODED_TRICK.test(url.pathname)) return false;
  return rules.some(
    ({ origin, pathPrefix }) => url.origin === origin && isAtOrBelow(url.pathname, pathPrefix),
  );
}

function isAtOrBelow(path: string, prefix: string): boolean {
  const folder = prefix.endsWith('/') ? prefix : `${prefix}/`;
  return path === prefix || path.startsWith(folder);
}
