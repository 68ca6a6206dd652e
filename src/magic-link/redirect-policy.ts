import type { RedirectRule } from '../config/resolved-options';

/** The longest target that is taken; the column's length, and far below a token's. */
const MAXIMUM_LENGTH = 1_024;

/** Printable ASCII without quotes, angle brackets or back-slash, which browsers read as a slash. */
const ACCEPTED_CHARACTERS = /^[\x21\x23-\x3b\x3d\x3f-\x5b\x5d-\x7e]+$/;

/**
 * Dots, slashes, back-slashes and per cent signs that are encoded to pass for something else, and
 * control characters, which nobody needs there.
 */
const ENCODED_TRICK = /%(?:2e|2f|5c|25|[01][\da-f]|7f)/i;

/**
 * Whether a sign-in may lead to a URL: an exact origin of the allow-list, at or below the rule's
 * path (ASVS 5.0, 3.7.2; RFC 9700, section 4.11). The text must be what the URL parser makes of
 * it, so that no client reads another target out of it than we did.
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
