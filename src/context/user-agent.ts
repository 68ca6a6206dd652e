import Bowser from 'bowser';
import { LRUCache } from 'lru-cache';

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

interface ParsedAgent {
  readonly browser: string;
  readonly system: string;
}

/**
 * Parsing takes tens of microseconds, and after a browser's update the policy compares two agents
 * on every request of its sessions. Few agents are most of the requests.
 */
const parsedAgents = new LRUCache<string, ParsedAgent>({ max: 500 });

/**
 * The browser's name without its version, such as `Firefox`. An agent that is no known browser is
 * called by its first product (`curl/8.1` is `curl`).
 *
 * @param userAgent a normalised user agent.
 * @returns the name, `''` for an empty user agent.
 */
export function browserFamily(userAgent: string): string {
  return parse(userAgent).browser;
}

/**
 * The operating system's name without its version, such as `Windows`.
 *
 * @param userAgent a normalised user agent.
 * @returns the name, `''` for one that is not told or not known.
 */
export function operatingSystem(userAgent: string): string {
  return parse(userAgent).system;
}

function parse(userAgent: string): ParsedAgent {
  let parsed = parsedAgents.get(userAgent);
  if (parsed === undefined) {
    parsed = userAgent === '' ? { browser: '', system: '' } : read(userAgent);
    parsedAgents.set(userAgent, parsed);
  }
  return parsed;
}

function read(userAgent: string): ParsedAgent {
  const parser = Bowser.getParser(userAgent, true);
  const name = parser.getBrowserName();
  // For an unknown agent Bowser answers with a guess that may hold a version.
  const browser = KNOWN_BROWSERS.has(name)
    ? name
    : (FIRST_PRODUCT.exec(userAgent.trimStart())?.[0] ?? '');
  return { browser, system: parser.getOSName() };
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
