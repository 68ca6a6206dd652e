import { readFileSync } from 'node:fs';

import { SETTINGS } from '../lib/postgres.mjs';
import { tableAsMarkdown } from './text.mjs';

/** Written by hand, with the profiles of whoever looked for the reasons. */
const LIMITS = readFileSync(new URL('./limits.md', import.meta.url), 'utf8').trim();

/**
 * @typedef {object} ReportedSection
 * @property {import('../lib/measure-suites.mjs').Machine} machine
 * @property {import('./section.mjs').Section} section
 */

/**
 * The page `docs/performance.md`.
 *
 * @param {readonly ReportedSection[]} sections
 * @returns {string} Markdown.
 */
export function pageOf(sections) {
  const settings = Object.entries(SETTINGS).map(([name, value]) => `\`${name} = ${value}\``);
  const targets = sections
    .flatMap(({ section }) => section.targets)
    .sort((a, b) => Number.parseInt(a.name) - Number.parseInt(b.name));
  const targetTable = tableAsMarkdown({
    title: 'Targets',
    head: ['target', 'wanted', 'measured', ''],
    rows: targets.map(({ name, wanted, measured, met }) => [
      name,
      wanted,
      measured,
      met ? 'met' : '**not met**',
    ]),
  });
  return `# Performance

Written by \`npm run bench\`, which measures everything on this page: MIRA Auth and its peers on one
machine, in one run, on one PostgreSQL. Ratios hold elsewhere; absolute figures are the machine's.

${targetTable}

## How it is measured

- Load generator, servers and PostgreSQL share the machine that each section names. Servers are
  processes of their own and have a pool of ten connections each. Those that are compared take turns
  round after round, after a warm-up; a figure is the median of its rounds, and a ratio the median
  of the rounds' ratios. A round with a single failed answer ends the run.
- Full load is as many requests as are answered over kept connections, sent by the generator that
  each section names. Half load is a constant rate, sent by \`bench/load\`: its latencies count from
  the moment at which a request should have been sent, after a lead-in of two seconds in which
  connections are opened.
- "CPU" is the processor time that the server's own process used for an answer.
- PostgreSQL is as \`initdb\` leaves it, with ${settings.join(', ')}.

\`npm run bench\` measures all of it and writes this page; \`npm run bench:quick\` does the same with short
rounds and small tables in a few minutes, and leaves this page alone. \`node bench/main.mjs --help\` tells
the rest.

${sections.map(sectionOf).join('\n\n')}

${LIMITS}
`;
}

/** @param {ReportedSection} reported */
function sectionOf({ section, machine }) {
  const { processor, cores, memoryGiB, node, postgres, generator, date } = machine;
  return [
    `## ${section.title}`,
    `_${date}: ${cores} × ${processor}, ${memoryGiB} GiB; Node.js ${node}, PostgreSQL ${postgres}, ${generator}._`,
    ...section.text,
    ...section.charts,
    ...section.tables.map(tableAsMarkdown),
  ].join('\n\n');
}
