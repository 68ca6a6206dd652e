/**
 * @typedef {object} LoggedPlan
 * @property {string} statement as the service sent it
 * @property {string} plan of its last run
 * @property {number} milliseconds that it took
 * @property {string[]} wholeTables that it read from end to end
 */

/**
 * The plans in a piece of PostgreSQL's log. Lines that go on with an entry begin with a tab; an
 * entry of auto_explain has the statement first, and the plan from the first line with costs on.
 *
 * @param {string} log
 * @returns {LoggedPlan[]} one for each statement, in the order of their first run.
 */
export function plansIn(log) {
  /** @type {Map<string, LoggedPlan>} */
  const plans = new Map();
  for (const entry of log.split(/\n(?!\t)/)) {
    if (!/ plan:\n\tQuery Text: /.test(entry)) continue;
    const lines = entry
      .split('\n')
      .slice(1)
      .map((line) => line.slice(1));
    const begin = lines.findIndex((line) => line.includes('  (cost='));
    if (begin < 0) continue;
    const statement = outdent(lines.slice(0, begin).join('\n').slice('Query Text: '.length));
    const plan = lines.slice(begin).join('\n').trimEnd();
    const milliseconds = Number(/actual time=[\d.]+\.\.([\d.]+)/.exec(plan)?.[1] ?? NaN);
    plans.set(statement, { statement, plan, milliseconds, wholeTables: wholeTablesIn(plan) });
  }
  return [...plans.values()];
}

/** @param {Record<string, LoggedPlan[]>} steps */
export function plansAsMarkdown(steps) {
  const sections = Object.entries(steps).map(([step, plans]) => {
    const shown = plans.map(
      ({ statement, plan }) => `\`\`\`sql\n${statement}\n\`\`\`\n\n\`\`\`text\n${plan}\n\`\`\``,
    );
    return `## ${step}\n\n${shown.join('\n\n')}\n`;
  });
  return `# Query plans\n\n${sections.join('\n')}`;
}

/** @param {string} plan */
function wholeTablesIn(plan) {
  return [...plan.matchAll(/Seq Scan on (\w+)/g)].map(([, table = '']) => table);
}

/** Removes what all lines but the first are indented by. @param {string} statement */
function outdent(statement) {
  const [first = '', ...rest] = statement.trimEnd().split('\n');
  const indents = rest.filter((line) => line.trim() !== '').map((line) => line.search(/\S/));
  const common = Math.max(0, Math.min(...indents) - 1);
  return [
    first.trimStart(),
    ...rest.map((line) => line.slice(Math.min(common, line.search(/\S|$/)))),
  ]
    .join('\n')
    .trim();
}
