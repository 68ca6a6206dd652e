import { OPTION_TABLE } from '../../src/config/option-table';

/**
 * The defaults of a group of options, such as `session`, as OPTION_TABLE has them; without those
 * that are made of other options.
 *
 * @param which `variable`: only of options that a variable of the environment sets.
 */
export function defaultsOf(group: string, which: 'all' | 'variable' = 'all'): object {
  const rows = Object.entries<object>(OPTION_TABLE)
    .filter(([name, row]) => name.startsWith(`${group}.`) && 'default' in row)
    .filter(([, row]) => which === 'all' || 'variable' in row)
    .map(([name, row]) => [name.slice(group.length + 1), (row as { default: unknown }).default]);
  return Object.fromEntries(rows) as object;
}
