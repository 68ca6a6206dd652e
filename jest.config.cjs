/**
 * Packages that are ES modules only. Jest runs everything as CommonJS (one package in the chain
 * requires Nest's modules, which Jest's native ES module mode cannot do), so they are transformed
 * like our own source.
 */
const ES_MODULES = ['@nestjs', 'jose'];

/** As tsconfig.json has it; `tsc --noEmit` checks the types. */
const transform = {
  jsc: {
    parser: { syntax: 'typescript', decorators: true },
    target: 'es2023',
    keepClassNames: true,
    transform: {
      legacyDecorator: true,
      decoratorMetadata: true,
      useDefineForClassFields: true,
    },
  },
  module: { type: 'commonjs' },
  sourceMaps: 'inline',
};

/** @type {import('jest').Config} */
module.exports = {
  testEnvironment: 'node',
  testMatch: ['<rootDir>/src/**/*.spec.ts', '<rootDir>/test/**/*.spec.ts'],
  testPathIgnorePatterns: ['/node_modules/', '<rootDir>/test/(browser|consumer|processes)/'],
  modulePathIgnorePatterns: ['<rootDir>/dist/', '<rootDir>/.mira/'],
  transform: { '^.+\\.(t|j)s$': ['@swc/jest', transform] },
  transformIgnorePatterns: [`/node_modules/(?!(${ES_MODULES.join('|')})/)`],
  setupFiles: ['reflect-metadata'],
  globalSetup: '<rootDir>/test/support/run/global-setup.mjs',
  globalTeardown: '<rootDir>/test/support/run/global-teardown.mjs',
  // Each worker has its own connections and databases; more of them than cores only wait.
  maxWorkers: 2,
  // A machine that is busy with other things is slow, and not wrong.
  testTimeout: 120_000,
};
