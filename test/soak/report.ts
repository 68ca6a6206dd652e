import { type Count, COUNTS, type Findings, type Violation, VIOLATIONS } from './findings';

/** The figures of a run, as tables in Markdown. */
export function reportOf(findings: Findings): string {
  const counts = Object.entries(COUNTS).map(([count, words]) =>
    row(words, findings.countOf(count as Count)),
  );
  const violations = Object.entries(VIOLATIONS).map(([violation, words]) =>
    row(words, findings.violations.get(violation as Violation) ?? 0),
  );
  return [
    table('what happened', counts),
    table('what must not happen', violations),
    ...causesOf(findings),
  ].join('\n\n');
}

/** Why, with a few cases of each. */
function causesOf({ causes, examples }: Findings): string[] {
  return [...causes].map(([violation, counted]) => {
    const each = [...counted].map(([cause, count]) => `  ${count} × ${cause}`);
    const cases = (examples.get(violation) ?? []).map((example) => `    ${example}`);
    return [`${VIOLATIONS[violation]}:`, ...each, ...cases].join('\n');
  });
}

function row(words: string, count: number): string {
  return `| ${words} | ${count.toLocaleString('en')} |`;
}

function table(heading: string, rows: readonly string[]): string {
  return [`| ${heading} | count |`, '|---|---:|', ...rows].join('\n');
}
