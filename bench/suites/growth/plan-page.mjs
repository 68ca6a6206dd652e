import { whole } from '../../report/section.mjs';
import { tableAsMarkdown } from '../../report/text.mjs';

/** Those that are filled. The others are so small here that their plans say little. */
const LARGE_TABLES = [
  'code_lockouts',
  'magic_links',
  'security_events',
  'session_revocations',
  'subjects',
  'user_sessions',
  'users',
];

/**
 * The page `docs/query-plans.md`.
 *
 * @param {import('./query-plans.mjs').RecordedPlans} plans
 * @param {number} rows
 * @returns {string} Markdown.
 */
export function planPage({ steps, indexes }, rows) {
  const all = Object.values(steps).flat();
  const wholeTables = LARGE_TABLES.filter((table) =>
    all.some((plan) => plan.wholeTables.includes(table)),
  );
  const verdict =
    wholeTables.length === 0
      ? `No statement reads ${LARGE_TABLES.join(', ')} from end to end.`
      : `**Read from end to end: ${wholeTables.join(', ')}.** Look at the plans below.`;
  return `# Query plans

Written by \`npm run bench\`: every statement that the running service sends, on tables of
${whole(rows)} sessions, as many links, a tenth as many events and a hundredth as many counts of wrong
codes and news of revocations, with the plan of its last run there. PostgreSQL's auto_explain
recorded them while each route was asked often enough for plans to settle; no statement is copied here by
hand. A statement is shown with the first step that ran it. Tables other than ${LARGE_TABLES.join(', ')}
hold what the run itself has written: where they are read from end to end, they are small.

${verdict}

${Object.entries(steps).map(stepOf).join('\n\n')}

## Indexes

How often each was used meanwhile. A unique one is also used by every row that is added, which does not
count here.

${tableAsMarkdown({
  title: 'Scans',
  head: ['index', 'table', 'scans'],
  rows: indexes.map(({ index, table, scans }) => [index, table, whole(scans)]),
})}
`;
}

/** @param {[string, import('./plan-log.mjs').LoggedPlan[]]} step */
function stepOf([name, plans]) {
  const shown = plans.map(
    ({ statement, plan }) => `\`\`\`sql\n${statement}\n\`\`\`\n\n\`\`\`text\n${plan}\n\`\`\``,
  );
  return `## ${name}\n\n${shown.join('\n\n')}`;
}
