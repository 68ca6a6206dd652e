import { parseArgs } from 'node:util';

/** The suites of `suites/index.mjs`, which cannot be read before the peers are installed. */
const SUITE_NAMES = ['guard', 'signin', 'memory', 'growth', 'instances', 'coldstart'];

export const HELP = `Measures MIRA Auth beside its peers, on a PostgreSQL of its own.

  npm run bench                      everything: about an hour; writes docs/performance.md
  npm run bench:quick                the same in a few minutes: tables here, files in bench/out
  node bench/main.mjs [options]

  --quick             short rounds and small tables; touches nothing in docs
  --only a,b          these suites: ${SUITE_NAMES.join(', ')}
  --rounds N          so many rounds instead of the suite's own number
  --against DIR       compares this checkout with another built one: guard, link requests and
                      verifications in turns; prints ratios and writes nothing
  --report            measures nothing: writes docs again from docs/performance/results.json
  --help              this text

A full run needs the machine for itself, 8 GB of memory and 20 GB in the temporary directory.`;

/**
 * @typedef {object} Arguments
 * @property {boolean} quick
 * @property {string[]} only names of suites
 * @property {number | undefined} rounds
 * @property {string | undefined} against
 * @property {boolean} report
 * @property {boolean} help
 */

/**
 * @param {string[]} argv without node and script
 * @returns {Arguments}
 * @throws TypeError naming the argument that is wrong.
 */
export function readArguments(argv) {
  const { values } = parseArgs({
    args: argv,
    options: {
      quick: { type: 'boolean', default: false },
      only: { type: 'string', default: SUITE_NAMES.join(',') },
      rounds: { type: 'string' },
      against: { type: 'string' },
      report: { type: 'boolean', default: false },
      help: { type: 'boolean', default: false },
    },
  });
  const only = values.only.split(',').map((name) => name.trim());
  const unknown = only.find((name) => !SUITE_NAMES.includes(name));
  if (unknown !== undefined) {
    throw new TypeError(`there is no suite "${unknown}": ${SUITE_NAMES.join(', ')}`);
  }

  const rounds = values.rounds === undefined ? undefined : Number(values.rounds);
  if (rounds !== undefined && !(Number.isInteger(rounds) && rounds > 0)) {
    throw new TypeError('--rounds takes a number');
  }

  const { quick, against, report, help } = values;
  return { quick, only, rounds, against, report, help };
}
