// `npm run dev`: development mode that starts anew whenever the source changes, with errors that
// name the lines of the TypeScript. Arguments are Node.js's: `npm run dev -- --inspect`.
import { cpSync, rmSync, statSync, watch } from 'node:fs';
import { resolve } from 'node:path';

import ts from 'typescript';

import { Service } from './service.mjs';

/** npm starts this in the repository. */
const SOURCE = resolve('src');
const OUTPUT = resolve('dist/src');

/** What the compiler does not write: as `postbuild` in package.json has it. */
const NO_ASSET = /\.([cm]?ts|[cm]js|snap)$/;

const PARENT_POLL_MS = 250;

const service = new Service([
  '--enable-source-maps',
  ...process.argv.slice(2),
  resolve('dist/src/app/development/main.js'),
]);

/** @type {Promise<never> | undefined} */
let ending;

// What is left of files that are gone would still be found.
rmSync('dist', { recursive: true, force: true });
cpSync(SOURCE, OUTPUT, { recursive: true, filter: (file) => !NO_ASSET.test(file) });
const assets = watch(SOURCE, { recursive: true }, (_event, file) => followAsset(`${file}`));
const compilation = ts.createWatchProgram(
  ts.createWatchCompilerHost(
    'tsconfig.build.json',
    {},
    ts.sys,
    ts.createEmitAndSemanticDiagnosticsBuilderProgram,
    (diagnostic) => process.stderr.write(ts.formatDiagnostic(diagnostic, formatHost())),
    (status, _newLine, _options, errors) => {
      console.log(ts.flattenDiagnosticMessageText(status.messageText, '\n'));
      if (errors === 0) service.restart();
    },
  ),
);
for (const signal of /** @type {const} */ (['SIGINT', 'SIGTERM', 'SIGHUP'])) {
  process.on(signal, () => end(signal));
}

endWithNpm();

/** @param {string} file below the source */
function followAsset(file) {
  if (NO_ASSET.test(file)) return;
  const [asset, copy] = [resolve(SOURCE, file), resolve(OUTPUT, file)];
  const found = statSync(asset, { throwIfNoEntry: false });
  if (found?.isDirectory()) return;
  if (found === undefined) rmSync(copy, { recursive: true, force: true });
  else cpSync(asset, copy);
  service.restart();
}

/**
 * Once. A terminal sends Ctrl-C to the service as well, which knows a second one for itself.
 *
 * @param {NodeJS.Signals} signal
 */
function end(signal) {
  ending ??= service.end(signal).then(() => process.exit(0));
  compilation.close();
  assets.close();
}

/**
 * npm passes a signal on to the shell that it runs us in, and not every shell passes it on to us.
 * The service looks after us in the same way.
 */
function endWithNpm() {
  const parent = process.ppid;
  const poll = setInterval(() => {
    if (process.ppid === parent) return;
    clearInterval(poll);
    end('SIGTERM');
  }, PARENT_POLL_MS);
}

/** @returns {ts.FormatDiagnosticsHost} */
function formatHost() {
  return {
    getCurrentDirectory: ts.sys.getCurrentDirectory,
    getCanonicalFileName: (name) => name,
    getNewLine: () => ts.sys.newLine,
  };
}
