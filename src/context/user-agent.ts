import Bowser from 'bowser';

/** Characters of `User-Agent` that are kept. Browsers send fewer than 300. */
const MAX_USER_AGENT_LENGTH = 1024;

/** Characters of a name that comes from an unknown agent. */
const MAX_PRODUCT_LENGTH = 64;

/** Control characters and lone surrogates: PostgreSQL takes no NUL, and UTF-8 no lone surrogate. */
const UNSTORABLE = /[\p{Cc}\p{Cs}]/gu;

/** The first product of a `User-Agent` (RFC 9110, section 10.1.5), without its version. */
const FIRST_PRODUCT = new RegExp(`^[^\\s/]{1,${MAX_PRODUCT_LENGTH.toString()}}`);

const KNOWN_BROWSERS: ReadonlySet<string> = new Set(Object.values(Bowser.BROWSER_MAP));

/**
 * The form in which a user agent is stored and compared: cut to 1,024 characters, with U+FFFD in
 * place of what cannot be stored. Applying it twice changes nothing.
 *
 * @param header `User-Agent` as the request carries it.
 * @returns the text, `''` when there is none.
 */
export function normaliseUserAgent(header: string | undefined): string {
  return (header ?? '').slice(0, MAX_USER_AGENT_LENGTH).replace(UNSTORABLE, '\ufffd');
}

/**
 * The browser's name without its version, such as `Firefox`. An agent that is no known browser is
 * called by its first product (`curl/8.1` is `curl`).
 *
 * @param userAgent a normalised user agent.
 * @returns the name, `''` for an empty user agent.
 */
export function browserFamily(userAgent: string): string {
  if (userAgent === '') return '';
  const name = Bowser.getParser(userAgent, true).getBrowserName();
  // For an unknown agent Bowser answers with a guess that may hold a version.
  if (KNOWN_BROWSERS.has(name)) return name;
  return FIRST_PRODUCT.exec(userAgent.trimStart())?.[0] ?? '';
}

/**
 * The operating system's name without its version, such as `Windows`.
 *
 * @param userAgent a normalised user agent.
 * @returns the name, `''` for one that is not told or not known.
 */
export function operatingSystem(userAgent: string): string {
  return userAgent === '' ? '' : Bowser.getParser(userAgent, true).getOSName();
}

/**
 * A short name for lists of sessions, such as `Firefox on Windows`.
 *
 * @param userAgent a normalised user agent. The name of an unknown agent is the client's own text.
 */
export function describeDevice(userAgent: string): string {
  const browser = browserFamily(userAgent);
  const system = operatingSystem(userAgent);
  if (browser === '') return 'Unknown device';
  return system === '' ? browser : `${browser} on ${system}`;
}
