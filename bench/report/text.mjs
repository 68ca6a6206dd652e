/** @typedef {import('./section.mjs').Section} Section */
/** @typedef {import('./section.mjs').Table} Table */

/**
 * A section as a terminal shows it.
 *
 * @param {Section} section
 */
export function asText({ title, tables, targets }) {
  const parts = [`\n== ${title} ==`, ...tables.map(tableAsText)];
  for (const { name, wanted, measured, met } of targets) {
    parts.push(`${met ? 'met    ' : 'NOT MET'}  ${name}: ${measured} (wanted: ${wanted})`);
  }

  return parts.join('\n');
}

/** @param {Table} table */
export function tableAsText({ title, head, rows }) {
  const widths = head.map((_, column) =>
    Math.max(...[head, ...rows].map((row) => row[column]?.length ?? 0)),
  );
  const lines = [head, ...rows].map((row) =>
    row
      .map((cell, column) =>
        column === 0 ? cell.padEnd(widths[0] ?? 0) : cell.padStart(widths[column] ?? 0),
      )
      .join('   '),
  );
  return `\n${title}\n${lines.join('\n')}\n`;
}

/** @param {Table} table */
export function tableAsMarkdown({ title, head, rows }) {
  const line = (/** @type {string[]} */ cells) => `| ${cells.join(' | ')} |`;
  const rule = line(head.map((_, column) => (column === 0 ? '---' : '---:')));
  return `**${title}**\n\n${[line(head), rule, ...rows.map(line)].join('\n')}`;
}
