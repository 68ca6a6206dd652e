/**
 * A chart in Markdown, which GitHub and others draw with Mermaid. It shows what the tables and
 * `results.json` hold, so that whoever does not see it misses no figure.
 *
 * @param {string} title
 * @param {string[]} lines of Mermaid's, without indentation
 */
function chart(title, ...lines) {
  const [kind, ...content] = lines;
  return [
    '```mermaid',
    kind,
    ...[`title "${title}"`, ...content].map((line) => `  ${line}`),
    '```',
  ].join('\n');
}

/**
 * Horizontal bars, one below the other.
 *
 * @param {string} title
 * @param {Record<string, number>} bars by label
 */
export function barChart(title, bars) {
  const labels = Object.keys(bars).map((label) => `"${label}"`);
  const values = Object.values(bars).map(Math.round);
  const axis = `x-axis [${labels.join(', ')}]`;
  return chart(title, 'xychart-beta horizontal', axis, `bar [${values.join(', ')}]`);
}

/**
 * Lines over time, of values that are the same time apart.
 *
 * @param {string} title
 * @param {number} seconds from the first to the last
 * @param {readonly (readonly number[])[]} lines
 */
export function timeChart(title, seconds, lines) {
  const drawn = lines.map((line) => `line [${line.map(Math.round).join(', ')}]`);
  return chart(title, 'xychart-beta', `x-axis "seconds" 0 --> ${seconds}`, ...drawn);
}
