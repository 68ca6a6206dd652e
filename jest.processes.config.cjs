const base = require('./jest.config.cjs');

/**
 * The tests that start, kill and restart whole processes and database servers, and take longest:
 * `npm run test:processes`.
 *
 * @type {import('jest').Config}
 */
module.exports = {
  ...base,
  testMatch: ['<rootDir>/test/processes/**/*.spec.ts'],
  testPathIgnorePatterns: ['/node_modules/'],
};
