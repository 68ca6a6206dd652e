import Bowser from 'bowser';
import { LRUCache } from 'lru-cache';

/** Longest user agent that is kept, in characters. Browsers send fewer than 300. */
const MAX_USER_AGENT_LENGTH = 1024;

/** Longest name that is taken from an unknown agent, in characters. */
const MAX_PRODUCT_LENGTH = 64;

/** Control characters and lone surrogates: PostgreSQL cannot store NUL, UTF-8 no lone surrogate. */
const UNSTORABLE = /[\p{Cc}\p{Cs}]/gu;

/** The first product of a `User-Agent` (RFC 9110, section 10.1.5), without its version. */
const FIRST_PRODUCT = new RegExp(`^[^\\s/]{1,${MAX_PRODUCT_LENGTH.toString()}}`);

const KNOWN_BROWSERS: ReadonlySet<string> = new Set(Object.values(Bowser.BROWSER_MAP));

/**
 * The form in which a user agent is stored and compared: cut to 1,024 characters, with U+FFFD in
 * place of what cannot be stored. Applying it twice changes nothing.
 *
 * @param header the request's `User-Agent`.
 * @returns the normalised text, `''` without the header.
 */
export function normaliseUserAgent(header: string | undefined): string {
  return (header ?? '').slice(0, MAX_USER_AGENT_LENGTH).replace(UNSTORABLE, '\ufffd');
}

interface ParsedAgent {
  readonly browser: string;
  readonly system: string;
}

/**
 * Parsing takes tens of microseconds, and after a browser update the context policy compares two
 * agents on every request of a session. A few agents make up most requests.
 */
const parsedAgents = new LRUCache<string, ParsedAgent>({ max: 500 });

/**
 * The browser's name without its version, such as `Firefox`. An unknown agent is named by its first
 * product (`curl/8.1` is `curl`).
 *
 * @param userAgent a normalised user agent.
 * @returns the name, `''` for an empty user agent.
 * @internal for specs
 */
export function browserFamily(userAgent: string): string {
  return parse(userAgent).browser;
}

/**
 * The operating system's name without its version, such as `Windows`.
 *
 * @param userAgent a normalised user agent.
 * @returns the name, `''` when it is missing or unknown.
 * @internal for specs
 */
export function operatingSystem(userAgent: string): string {
  return parse(userAgent).system;
}

/** Whether two normalised user agents are of one browser family and one operating system. */
export function isSameClientKind(first: string, second: string): boolean {
  return (
    browserFamily(first) === browserFamily(second) &&
    operatingSystem(first) === operatingSystem(second)
  );
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
  // For an unknown agent Bowser returns a guess that may contain a version.
  const browser = KNOWN_BROWSERS.has(name)
    ? name
    : (FIRST_PRODUCT.exec(userAgent.trimStart())?.[0] ?? '');
  return { browser, system: parser.getOSName() };
}

/**
 * A short name for lists of sessions, such as `Firefox on Windows`.
 *
 * @param userAgent a normalised user agent. An unknown one is named by text that the client chose.
 */
export function describeDevice(userAgent: string): string {
  const browser = browserFamily(userAgent);
  const system = operatingSystem(userAgent);
  if (browser === '') return 'Unknown device';
  return system === '' ? browser : `${browser} on ${system}`;
}
