import eslint from '@eslint/js';
import { defineConfig, globalIgnores } from 'eslint/config';
import simpleImportSort from 'eslint-plugin-simple-import-sort';
import tseslint from 'typescript-eslint';

import { oneLineIf } from './.ci/eslint-one-line-if.mjs';

// Formatting is prettier's job and import directions are dependency-cruiser's
// (`.dependency-cruiser.cjs`): no rule here overlaps with either.

const TYPESCRIPT = ['src/**/*.ts', 'test/**/*.ts', 'migrations/**/*.ts', 'ormconfig.ts'];
/** Modules that Node.js runs as they are, beside the source: tsc checks them by their JSDoc. */
const CHECKED_SCRIPTS = ['tools/**/*.mjs', 'test/**/*.mjs'];
/** Scripts that Node.js runs as they are: the above, configuration, benchmarks. */
const NODE_SCRIPTS = ['**/*.{js,mjs,cjs}'];
/** All source for Node.js is TypeScript, so JavaScript below `src` is sent to browsers. */
const BROWSER_SCRIPTS = ['src/**/*.js'];
const TESTS = ['**/*.spec.ts', 'test/**/*.ts'];

const ENVIRONMENT_READERS = [
  'src/app/env.ts',
  'ormconfig.ts',
  'src/cli/**',
  'src/app/development/**',
  // A setting of Node.js, which knows no other place for it.
  'src/app/process/thread-pool.ts',
];
const SYSTEM_TIME_READERS = ['src/common/clock.ts', 'src/app/**/*log*.ts'];

/** A rule that bans one property takes a list, and a later list replaces an earlier one. */
const RANDOM = {
  object: 'Math',
  property: 'random',
  message: 'It can be predicted. Take randomness from node:crypto, injected.',
};
const ENVIRONMENT = {
  object: 'process',
  property: 'env',
  message: 'Configuration is parsed once, in src/app/env.ts. Inject the options instead.',
};
const SYSTEM_TIME = {
  object: 'Date',
  property: 'now',
  message: 'Inject the clock (src/common/clock.ts).',
};

const SYSTEM_DATE = [
  {
    selector: 'NewExpression[callee.name="Date"][arguments.length=0]',
    message: 'This reads the system time. Inject the clock (src/common/clock.ts).',
  },
  {
    selector: 'CallExpression[callee.name="Date"]',
    message: 'This reads the system time. Inject the clock (src/common/clock.ts).',
  },
];
const DEFAULT_EXPORT = {
  selector: ':matches(ExportDefaultDeclaration, ExportSpecifier[exported.name="default"])',
  message: 'Named exports only.',
};
const SYNCHRONIZE = {
  selector: 'Property[key.name=/^(synchronize|dropSchema)$/]:not([value.value=false])',
  message: 'The schema changes by migrations only.',
};
const TYPE_ONLY_REQUEST = [
  {
    selector: 'ImportDeclaration[importKind="type"][source.value=/\\.dto$/]',
    message:
      'With a type-only import the body has no class at run time, and ValidationPipe lets it pass unchecked.',
  },
  {
    selector: 'ImportDeclaration[source.value=/\\.dto$/] > ImportSpecifier[importKind="type"]',
    message:
      'With a type-only import the body has no class at run time, and ValidationPipe lets it pass unchecked.',
  },
];
const EMPTY_ASSERTION = {
  selector: 'CallExpression > MemberExpression[property.name="toBeDefined"]',
  message: 'Assert the value that is expected, not that there is one.',
};
const SOURCE_SYNTAX = [...SYSTEM_DATE, DEFAULT_EXPORT, SYNCHRONIZE];
const UNNAMED_STATEMENT = {
  selector:
    'CallExpression[callee.property.name=/^(query|queryOne|modify|execute)$/] > :matches(Literal, TemplateLiteral):first-child',
  message: "Name the statement, so that people find it: named('session.findByTokenHash', `…`).",
};

const FORWARD_REF = {
  name: '@nestjs/common',
  importNames: ['forwardRef'],
  message: 'It hides a cycle. Move what both sides need to a third place.',
};
const PROCESS_IMPORTS = ['process', 'node:process'].map((name) => ({
  name,
  importNames: ['env', 'default'],
  message: ENVIRONMENT.message,
}));
const GLOBAL_ENHANCERS = {
  name: '@nestjs/core',
  importNames: ['APP_FILTER', 'APP_GUARD', 'APP_INTERCEPTOR', 'APP_PIPE'],
  message: "These would change a host's own routes. Bind to our controllers instead.",
};

/** What Node.js itself has as globals, so that the list cannot go stale. */
const nodeGlobals = Object.fromEntries(
  Object.getOwnPropertyNames(globalThis).map((name) => [name, 'readonly']),
);
const browserGlobals = Object.fromEntries(
  [
    ...['window', 'document', 'location', 'history', 'navigator', 'crypto', 'console'],
    ...['fetch', 'Headers', 'Request', 'Response', 'AbortController', 'URL', 'URLSearchParams'],
    ...['FormData', 'Event', 'CustomEvent', 'Intl', 'TextEncoder', 'TextDecoder'],
    ...['setTimeout', 'clearTimeout', 'setInterval', 'clearInterval', 'requestAnimationFrame'],
    ...['Element', 'HTMLElement', 'HTMLFormElement', 'HTMLButtonElement', 'HTMLInputElement'],
  ].map((name) => [name, 'readonly']),
);

export default defineConfig(
  globalIgnores(['**/node_modules/', '**/dist/', 'coverage/', '.mira/']),
  {
    linterOptions: { reportUnusedDisableDirectives: 'error', reportUnusedInlineConfigs: 'error' },
  },
  eslint.configs.recommended,
  {
    name: 'everything',
    plugins: {
      'simple-import-sort': simpleImportSort,
      house: { rules: { 'one-line-if': oneLineIf } },
    },
    rules: {
      'simple-import-sort/imports': 'error',
      'simple-import-sort/exports': 'error',
      // Braces wherever a statement does not stand on the line of its `if`, and only there.
      curly: ['error', 'multi-line'],
      'house/one-line-if': 'error',
      eqeqeq: ['error', 'always', { null: 'ignore' }],
      'no-console': 'error',
      // Refusing control characters is what many expressions here are for.
      'no-control-regex': 'off',
      'no-eval': 'error',
      'no-implied-eval': 'error',
      'no-new-func': 'error',
      'no-script-url': 'error',
      'no-template-curly-in-string': 'error',
      'no-var': 'error',
      'object-shorthand': 'error',
      'prefer-const': 'error',
      'no-restricted-properties': ['error', RANDOM],
    },
  },

  {
    name: 'typescript',
    files: TYPESCRIPT,
    extends: [tseslint.configs.strictTypeChecked],
    languageOptions: {
      parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname },
    },
    rules: {
      '@typescript-eslint/switch-exhaustiveness-check': [
        'error',
        { considerDefaultExhaustiveForUnions: true, requireDefaultForNonUnion: true },
      ],
      // Also what is only `then`able: a supertest request that nobody awaits is never sent.
      '@typescript-eslint/no-floating-promises': ['error', { checkThenables: true }],
      // Nest's injector and ValidationPipe need the class at run time, so a class named in a
      // decorated signature must stay a value import. The rule leaves files with decorators
      // alone, because it sees `emitDecoratorMetadata` in tsconfig.json. Keep it type-checked.
      '@typescript-eslint/consistent-type-imports': [
        'error',
        { fixStyle: 'separate-type-imports' },
      ],
      '@typescript-eslint/no-import-type-side-effects': 'error',

      // A Nest module is a class with nothing but its decorator.
      '@typescript-eslint/no-extraneous-class': ['error', { allowWithDecorator: true }],
      // Response DTOs are classes for the sake of OpenAPI, and are answered as object literals.
      '@typescript-eslint/no-unsafe-class-instance-assignment': 'off',
      // Spreading a string into its code points is what is meant.
      '@typescript-eslint/no-misused-spread': ['error', { allow: ['string'] }],
      // An adapter of an asynchronous port is `async` even where it awaits nothing: what it
      // throws must reject, never throw past the caller's `.catch()`.
      '@typescript-eslint/require-await': 'off',
      '@typescript-eslint/no-confusing-void-expression': [
        'error',
        { ignoreArrowShorthand: true, ignoreVoidOperator: true },
      ],
      '@typescript-eslint/restrict-template-expressions': [
        'error',
        {
          allowNumber: true,
          allowAny: false,
          allowBoolean: false,
          allowNever: false,
          allowNullish: false,
          allowRegExp: false,
        },
      ],
      '@typescript-eslint/no-unnecessary-condition': [
        'error',
        { allowConstantLoopConditions: 'only-allowed-literals' },
      ],
      '@typescript-eslint/no-unused-vars': [
        'error',
        { args: 'after-used', caughtErrors: 'all', ignoreRestSiblings: true },
      ],

      '@typescript-eslint/array-type': 'error',
      '@typescript-eslint/consistent-generic-constructors': 'error',
      '@typescript-eslint/consistent-type-assertions': [
        'error',
        { assertionStyle: 'as', objectLiteralTypeAssertions: 'never' },
      ],
      '@typescript-eslint/consistent-type-definitions': 'error',
      '@typescript-eslint/no-inferrable-types': 'error',
      '@typescript-eslint/prefer-find': 'error',
      '@typescript-eslint/prefer-for-of': 'error',
      '@typescript-eslint/prefer-function-type': 'error',
      '@typescript-eslint/prefer-includes': 'error',
      '@typescript-eslint/prefer-nullish-coalescing': [
        'error',
        { ignorePrimitives: { string: true, boolean: true } },
      ],
      '@typescript-eslint/prefer-readonly': 'error',
      '@typescript-eslint/prefer-string-starts-ends-with': 'error',
    },
  },

  {
    name: 'source',
    files: ['src/**/*.{ts,mjs}', 'migrations/**/*.ts', 'ormconfig.ts'],
    ignores: TESTS,
    rules: {
      // About 150 lines are usual; at 250 there is a second responsibility.
      'max-lines': ['error', { max: 250 }],
      'no-restricted-properties': ['error', RANDOM, ENVIRONMENT, SYSTEM_TIME],
      'no-restricted-imports': [
        'error',
        { paths: [FORWARD_REF, ...PROCESS_IMPORTS, GLOBAL_ENHANCERS] },
      ],
      'no-restricted-syntax': ['error', ...SOURCE_SYNTAX],
    },
  },
  {
    name: 'source: repositories',
    files: ['src/**/*.repository.ts'],
    rules: { 'no-restricted-syntax': ['error', ...SOURCE_SYNTAX, UNNAMED_STATEMENT] },
  },
  {
    name: 'source: a table grows with what it lists',
    files: ['src/config/option-table.ts'],
    rules: { 'max-lines': 'off' },
  },
  {
    name: 'source: controllers',
    files: ['src/**/*.controller.ts'],
    rules: { 'no-restricted-syntax': ['error', ...SOURCE_SYNTAX, ...TYPE_ONLY_REQUEST] },
  },
  {
    name: 'source: the standalone service binds for its whole application',
    files: ['src/app/**/*.ts'],
    ignores: TESTS,
    rules: {
      'no-restricted-imports': ['error', { paths: [FORWARD_REF, ...PROCESS_IMPORTS] }],
    },
  },
  {
    name: 'source: who may read the environment',
    files: ENVIRONMENT_READERS,
    ignores: TESTS,
    rules: {
      'no-restricted-properties': ['error', RANDOM, SYSTEM_TIME],
      'no-restricted-imports': ['error', { paths: [FORWARD_REF] }],
    },
  },
  {
    name: 'source: who may read the system time',
    files: SYSTEM_TIME_READERS,
    rules: {
      'no-restricted-properties': ['error', RANDOM, ENVIRONMENT],
      'no-restricted-syntax': ['error', DEFAULT_EXPORT, SYNCHRONIZE],
    },
  },
  {
    name: 'source: the TypeORM command line takes any one export of ormconfig.ts',
    files: ['ormconfig.ts'],
    rules: { 'no-restricted-syntax': ['error', ...SYSTEM_DATE, SYNCHRONIZE] },
  },
  {
    name: 'source: what speaks to a terminal',
    files: ['src/app/**/*.ts', 'src/cli/**/*.ts'],
    rules: { 'no-console': 'off' },
  },

  {
    name: 'tests',
    files: TESTS,
    rules: {
      'no-console': 'off',
      // An address that must be refused.
      'no-script-url': 'off',
      'no-restricted-properties': [
        'error',
        RANDOM,
        ...['test', 'it', 'describe'].map((object) => ({
          object,
          property: 'only',
          message: 'It silences every other test.',
        })),
      ],
      'no-restricted-globals': [
        'error',
        { name: 'fdescribe', message: 'It silences every other test.' },
        { name: 'fit', message: 'It silences every other test.' },
      ],
      'no-restricted-syntax': ['error', DEFAULT_EXPORT, SYNCHRONIZE, EMPTY_ASSERTION],
      // A response body is `any` until it is asserted on, and a matcher takes a bare method.
      '@typescript-eslint/consistent-type-assertions': 'off',
      '@typescript-eslint/no-extraneous-class': 'off',
      '@typescript-eslint/no-misused-spread': 'off',
      '@typescript-eslint/no-non-null-assertion': 'off',
      '@typescript-eslint/no-unnecessary-type-parameters': 'off',
      '@typescript-eslint/no-unsafe-argument': 'off',
      '@typescript-eslint/no-unsafe-assignment': 'off',
      '@typescript-eslint/no-unsafe-call': 'off',
      '@typescript-eslint/no-unsafe-member-access': 'off',
      '@typescript-eslint/no-unsafe-return': 'off',
      '@typescript-eslint/no-unsafe-type-assertion': 'off',
      '@typescript-eslint/restrict-template-expressions': 'off',
      '@typescript-eslint/unbound-method': 'off',
    },
  },

  {
    name: 'scripts for Node.js',
    files: NODE_SCRIPTS,
    ignores: BROWSER_SCRIPTS,
    languageOptions: { globals: nodeGlobals },
    rules: { 'no-console': 'off' },
  },
  {
    name: 'scripts for Node.js: benchmarks know the product in one place',
    files: ['bench/**/*.mjs'],
    ignores: ['bench/lib/product-files.mjs'],
    rules: {
      'no-restricted-syntax': [
        'error',
        {
          selector:
            ':matches(Literal[value=/\\b(src|dist)\\u002F/], TemplateElement[value.raw=/\\b(src|dist)\\u002F/])',
          message: 'Paths into the product are for bench/lib/product-files.mjs.',
        },
      ],
    },
  },
  {
    name: 'scripts for Node.js: checked by their JSDoc',
    files: CHECKED_SCRIPTS,
    extends: [tseslint.configs.base],
    languageOptions: {
      parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname },
    },
    rules: {
      '@typescript-eslint/await-thenable': 'error',
      '@typescript-eslint/no-floating-promises': 'error',
      '@typescript-eslint/no-misused-promises': 'error',
      '@typescript-eslint/only-throw-error': 'error',
    },
  },
  {
    name: 'scripts for Node.js: CommonJS',
    files: ['**/*.cjs', '**/*.js'],
    ignores: BROWSER_SCRIPTS,
    languageOptions: { sourceType: 'commonjs' },
  },
  {
    name: 'scripts for browsers',
    files: BROWSER_SCRIPTS,
    languageOptions: { sourceType: 'module', globals: browserGlobals },
    rules: {
      'no-restricted-properties': [
        'error',
        RANDOM,
        ...['write', 'writeln'].map((property) => ({
          object: 'document',
          property,
          message: 'Build elements and set textContent.',
        })),
      ],
      'no-restricted-syntax': [
        'error',
        {
          selector: 'MemberExpression[property.name=/^(innerHTML|outerHTML|insertAdjacentHTML)$/]',
          message: 'Build elements and set textContent.',
        },
      ],
    },
  },
);
