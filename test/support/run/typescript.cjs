// Lets Node.js run our source as it is: `node --require ./test/support/run/typescript.cjs <file>.ts`.
// Tests that start real processes need no build by it.
const { readFileSync } = require('node:fs');

const { transformSync } = require('@swc/core');

/**
 * As jest.config.cjs has it, but `import()` stays: ES modules are Node's own business.
 *
 * @type {import('@swc/core').Options}
 */
const options = {
  swcrc: false,
  jsc: {
    parser: { syntax: 'typescript', decorators: true },
    target: 'es2023',
    keepClassNames: true,
    transform: { legacyDecorator: true, decoratorMetadata: true, useDefineForClassFields: true },
  },
  module: { type: 'commonjs', ignoreDynamic: true },
};

/**
 * @param {NodeJS.Module & { _compile(code: string, filename: string): void }} module
 * @param {string} filename
 */
function compile(module, filename) {
  const source = readFileSync(filename, 'utf8');
  module._compile(transformSync(source, { ...options, filename }).code, filename);
}

// Deprecated in favour of bundlers, and what every such tool for CommonJS still rests on.
Object.assign(require.extensions, { '.ts': compile });
