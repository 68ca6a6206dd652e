// Who may import whom in bench. Run from the repository's root, which needs nothing of what is
// installed in bench: `npm run lint:bench`.

const rule = (name, comment, from, to) => ({ name, comment, severity: 'error', from, to });

/** @type {import('dependency-cruiser').IConfiguration} */
module.exports = {
  forbidden: [
    rule(
      'bench-is-private',
      'The product, its tests and its tools do without bench.',
      { pathNot: '^bench/' },
      { path: '^bench/' },
    ),
    rule(
      'one-way-into-the-product',
      'Only bench/lib/product-files.mjs knows where things lie in the product.',
      { path: '^bench/', pathNot: '^bench/lib/product-files\\.mjs$' },
      { path: '^(src|test|tools|migrations|dist)/' },
    ),
    rule(
      'suites-stand-alone',
      'What several suites use is in bench/suites/shared, and knows none of them.',
      { path: '^bench/suites/([^/]+)/' },
      { path: '^bench/suites/', pathNot: '^bench/suites/($1|shared)/' },
    ),
    rule(
      'load-is-below',
      'The generator and the library know no suite and no report.',
      { path: '^bench/(load|servers)/|^bench/lib/', pathNot: '^bench/lib/measure-suites\\.mjs$' },
      { path: '^bench/(suites|report)/|^bench/(main|against)\\.mjs$' },
    ),
    rule(
      'servers-are-processes',
      'A server under test is started, not imported.',
      { path: '^bench/', pathNot: '^bench/servers/' },
      { path: '^bench/servers/' },
    ),
    rule(
      'no-circles',
      'Move what both sides need to a third file.',
      { path: '^bench/' },
      { circular: true },
    ),
    rule(
      'no-unresolvable',
      'There is no such file. (Packages are installed in bench only where they are measured.)',
      { path: '^bench/' },
      { couldNotResolve: true, path: '^\\.' },
    ),
    rule(
      'no-orphans',
      'Nothing imports this file, and it imports nothing.',
      { orphan: true, path: '^bench/', pathNot: '\\.cjs$|^bench/(load/metronome|out)' },
      {},
    ),
  ],
  options: {
    exclude: { path: ['^src/.+\\.js$', '^bench/out/'] },
    doNotFollow: { path: 'node_modules' },
    tsConfig: { fileName: 'tsconfig.json' },
    tsPreCompilationDeps: true,
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['import', 'require', 'node', 'default', 'types'],
    },
  },
};
