import { BROWSER_MAP, getParser } from './bowser.mjs';
import { message } from './page.js';

const KNOWN_BROWSERS = new Set(Object.values(BROWSER_MAP));

/**
 * What a user agent is called, such as "Firefox on Windows", in the words of the page. Mails are
 * written by the same rule (`describeDevice` of the service).
 *
 * @param {string | null} userAgent as the API gives it.
 */
export function describeDevice(userAgent) {
  if (!userAgent) return message('device unknown');
  const parser = getParser(userAgent, true);
  const name = parser.getBrowserName();
  // For an unknown agent the parser guesses, with a version; its first product is its name.
  const browser = KNOWN_BROWSERS.has(name)
    ? name
    : /^[^\s/]{1,64}/.exec(userAgent.trimStart())?.[0];
  if (browser === undefined) return message('device unknown');
  const system = parser.getOSName();
  return system === '' ? browser : message('device known', { browser, system });
}
