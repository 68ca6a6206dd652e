const { accessSync, constants } = require('node:fs');
const { delimiter, join } = require('node:path');

/** What Debian and others call it; the first that is there is taken. */
const NAMES = ['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable'];

const MISSING =
  'The browser tests need Chromium: run `apt-get install chromium`, or set MIRA_CHROMIUM to its path.';

/**
 * The browser that the tests use: the one that `MIRA_CHROMIUM` names, or else the first on the
 * search path.
 *
 * @returns {string} its path.
 * @throws {Error} whose message says how to get one.
 */
function findChromium() {
  const given = process.env['MIRA_CHROMIUM'];
  const folders = ['/usr/bin', ...(process.env['PATH'] ?? '').split(delimiter)];
  const candidates =
    given === undefined
      ? NAMES.flatMap((name) => folders.map((folder) => join(folder, name)))
      : [given];
  const found = candidates.find(isExecutable);
  if (found === undefined) throw new Error(MISSING);
  return found;
}

/** @param {string} path */
function isExecutable(path) {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

module.exports = { findChromium };
