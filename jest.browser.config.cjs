const base = require('./jest.config.cjs');

/**
 * The tests in a real browser, which need Chromium: `npm run test:browser`.
 *
 * @type {import('jest').Config}
 */
module.exports = {
  ...base,
  testMatch: ['<rootDir>/test/browser/**/*.spec.ts'],
  testPathIgnorePatterns: ['/node_modules/'],
  globalSetup: '<rootDir>/test/browser/support/global-setup.mjs',
};
