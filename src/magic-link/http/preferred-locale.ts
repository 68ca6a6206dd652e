/** A common language tag (RFC 5646, section 2.1). The column holds at most 35 characters. */
const LANGUAGE_TAG = /^[a-z]{2,3}(?:-[a-z0-9]{2,8}){0,3}$/i;

/**
 * The language that a client prefers. Browsers list languages in order of preference (RFC 9110,
 * section 12.5.4), so the first one is used.
 *
 * @returns a language tag of at most 35 characters, or `null` when there is none.
 */
export function preferredLocale(acceptLanguage: string | undefined): string | null {
  const first = acceptLanguage?.split(/[,;]/, 1)[0]?.trim() ?? '';
  return LANGUAGE_TAG.test(first) ? first : null;
}
