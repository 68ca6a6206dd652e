import { VARIABLE_TABLE, type VariableRow } from '../../../src/app/variable-table';
import { type LimitRow, type NumberRow, SECONDS_IN } from '../../../src/config/option-row';
import { LIMIT_BOUNDS, OPTION_TABLE } from '../../../src/config/option-table';

/** The page below the repository's root. */
export const PAGE = 'docs/options.md';
export const COMMAND = 'npm run docs:options';

/** Any row of either table, as what it has in common with the others. */
interface AnyRow extends Omit<VariableRow, 'default'> {
  readonly variable?: string;
  readonly windowVariable?: string;
  readonly default?: string | number | boolean | LimitRow['default'];
  readonly unit?: NumberRow['unit'];
  readonly values?: readonly string[];
}

/** All rows, by the path of the option or the name of the variable, in the order of the tables. */
const ROWS = new Map<string, AnyRow>([
  ...Object.entries<AnyRow>(OPTION_TABLE),
  ...Object.entries<AnyRow>(VARIABLE_TABLE),
]);

/**
 * A table of the page stands between these two. The first says which rows it has: names, or all of
 * a group (`session.*`), of which the table's own order holds.
 */
const MARKED = /^<!-- rows: (.*) -->\n[^]*?^<!-- end of rows -->$/gm;

/**
 * Writes the tables anew into the page.
 *
 * @returns the whole page; what stands outside of the markers is kept.
 * @throws Error when a marker names an unknown row, or a row is in no table, or in two.
 */
export function withTables(page: string): string {
  const left = new Set(ROWS.keys());
  const written = page.replaceAll(MARKED, (_, patterns: string) => {
    const names = patterns.split(' ').flatMap(namesOf);
    for (const name of names) {
      if (!left.delete(name)) throw new Error(`${PAGE} has ${name} in two tables`);
    }

    return [`<!-- rows: ${patterns} -->`, '', ...table(names), '', '<!-- end of rows -->'].join(
      '\n',
    );
  });
  if (left.size > 0) {
    const names = [...left].join(', ');
    throw new Error(`${PAGE} has no table for ${names}: name it in one of the "rows:" comments`);
  }
  return written;
}

/**
 * Compares the page's tables with what {@link withTables} would write.
 *
 * @returns a line for each row that differs, with what to do.
 */
export function outdatedRows(page: string): string[] {
  const is = rowsByName(page);
  const wanted = rowsByName(withTables(page));
  return [...new Set([...is.keys(), ...wanted.keys()])]
    .filter((name) => is.get(name) !== wanted.get(name))
    .map((name) => `${PAGE} says other things of ${name} than the tables in src: run ${COMMAND}`);
}

function namesOf(pattern: string): string[] {
  const group = pattern.endsWith('*') ? pattern.slice(0, -1) : undefined;
  const names = [...ROWS.keys()].filter((name) =>
    group === undefined ? name === pattern : name.startsWith(group),
  );
  if (names.length === 0) throw new Error(`${PAGE} has a table for ${pattern}: there is none`);
  return names;
}

/** In Markdown, aligned as prettier does it. A column that would be empty is left out. */
function table(names: readonly string[]): string[] {
  const heads = ['variable', 'option', 'default', 'allowed', ''];
  const rows = names.map(cells);
  const columns = heads
    .map((head, index) => [head, ...rows.map((row) => row[index] ?? '')])
    .filter(([, ...values]) => values.some((value) => value !== ''))
    .map(([head = '', ...values]) => {
      const width = Math.max(3, ...[head, ...values].map((cell) => cell.length));
      const padded = values.map((cell) => cell.padEnd(width));
      return [head.padEnd(width), '-'.repeat(width), ...padded];
    });
  const lines = ['head', 'rule', ...names];
  return lines.map((_, line) => `| ${columns.map((column) => column[line]).join(' | ')} |`);
}

function cells(name: string): string[] {
  const row = rowOf(name);
  const isOption = name in OPTION_TABLE;
  const variables = isOption ? [row.variable, row.windowVariable] : [name];
  return [
    variables.flatMap((variable) => (variable === undefined ? [] : [code(variable)])).join(', '),
    isOption ? code(name) : '',
    defaultOf(row),
    allowed(row),
    row.text ?? '',
  ];
}

function defaultOf(row: AnyRow): string {
  if (row.defaultInWords !== undefined) return row.defaultInWords;
  if (row.production !== undefined && row.development !== undefined) {
    return `${code(row.production)}; in development ${code(row.development)}`;
  }

  const value = row.default;
  if (typeof value === 'object') {
    const { limit, windowSeconds } = value;
    return limit === 0
      ? `off; counted over ${grouped(windowSeconds)} s`
      : `${grouped(limit)} in ${grouped(windowSeconds)} s`;
  }
  return typeof value === 'number' && row.unit !== undefined
    ? `${grouped(value / SECONDS_IN[row.unit])} ${row.unit}`
    : code(String(value));
}

/** What bounds a number, in the variable's unit, or the names there are. */
function allowed({
  default: value,
  minimum,
  maximum,
  unit = 'seconds',
  values = [],
}: AnyRow): string {
  if (typeof value === 'object') {
    const { limit, windowSeconds } = LIMIT_BOUNDS;
    return `${allowed(limit)} in ${allowed(windowSeconds)} s`;
  }
  if (minimum === undefined || maximum === undefined) return values.map(code).join(', ');
  const least = Math.ceil(minimum / SECONDS_IN[unit]);
  const most = Math.floor(maximum / SECONDS_IN[unit]);
  return `${grouped(least)} to ${grouped(most)}`;
}

/** The rows of the tables as they stand on the page, without their padding. */
function rowsByName(page: string): Map<string, string> {
  const lines = [...page.matchAll(MARKED)].flatMap(([block]) => block.split('\n'));
  const rows = lines
    .filter((line) => line.startsWith('| ') && !line.startsWith('| --'))
    .map((line) => line.split('|').map((cell) => cell.trim()))
    .map((row): [string, string] => [nameIn(row), row.join(' | ')]);
  return new Map(rows);
}

/** The option or variable that a row of the page is about; for a head, or one unknown, its text. */
function nameIn(row: readonly string[]): string {
  const named = row
    .flatMap((cell) => cell.split(', '))
    .filter((text) => text.startsWith('`'))
    .map((text) => text.slice(1, -1));
  return named.find((name) => ROWS.has(name)) ?? named[0] ?? `the head "${row.join(' | ')}"`;
}

function rowOf(name: string): AnyRow {
  const row = ROWS.get(name);
  if (row === undefined) throw new Error(`${name} has no row`);
  return row;
}

function grouped(value: number): string {
  return value.toLocaleString('en');
}

function code(text: string): string {
  return `\`${text}\``;
}
