/** The one command: see `--help`. */
import { HELP, readArguments } from './lib/arguments.mjs';
import { installPeers, provideBuild } from './lib/build.mjs';
import { disposeAll, disposeOnSignals, wasInterrupted } from './lib/disposal.mjs';

/** @param {import('./lib/arguments.mjs').Arguments} given */
async function run(given) {
  installPeers();
  const dist = given.report ? '' : provideBuild();
  // Only now: what they import has to be installed.
  if (given.against !== undefined) {
    const { compareWith } = await import('./against.mjs');
    return compareWith(given.against, { ...given, dist });
  }
  const { measureSuites } = await import('./lib/measure-suites.mjs');
  const { reportResults } = await import('./report/report-results.mjs');
  await reportResults(given.report ? {} : await measureSuites({ ...given, dist }), given);
}

/** @returns {import('./lib/arguments.mjs').Arguments} */
function argumentsOrEnd() {
  try {
    return readArguments(process.argv.slice(2));
  } catch (error) {
    console.error(`${Object(error).message}\nSee --help.`);
    return process.exit(2);
  }
}

const given = argumentsOrEnd();
if (given.help) {
  console.log(HELP);
  process.exit();
}
disposeOnSignals();
try {
  await run(given);
} catch (error) {
  if (!wasInterrupted()) {
    console.error(error);
    process.exitCode = 1;
  }
} finally {
  await disposeAll();
}
// A load generator or a pool may still hold the process.
process.exit();
