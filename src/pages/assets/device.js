import { BROWSER_MAP, getParser } from './bowser.mjs';
import { message } from './page.js';

const KNOWN_BROWSERS = new Set(Object.values(BROWSER_MAP));

/**
 * Describes a user agent, such as "Firefox on Windows", in the page's language. Mails describe it
 * by the same rule (the service's own `describeDevice`).
 *
 * @param {string | null} userAgent from the API.
 */
export function describeDevice(userAgent) {
  if (!userAgent) return message('device unknown');
  const parser = getParser(userAgent, true);
  const name = parser.getBrowserName();
  // For an unknown agent the parser guesses, so use the name of the agent's first product.
  const browser = KNOWN_BROWSERS.has(name)
    ? name
    : /^[^\s/]{1,64}/.exec(userAgent.trimStart())?.[0];
  if (browser === undefined) return message('device unknown');
  const system = parser.getOSName();
  return system === '' ? browser : message('device known', { browser, system });
}
