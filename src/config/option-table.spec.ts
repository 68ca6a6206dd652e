import { readFileSync } from 'node:fs';

import ts from 'typescript';

import { inRepository } from '../../test/support/repository';
import {
  type ChoiceRow,
  type LimitRow,
  type NumberRow,
  SECONDS_IN,
  type SwitchRow,
  type TextRow,
} from './option-row';
import { OPTION_TABLE } from './option-table';

type AnyRow = ChoiceRow | LimitRow | NumberRow | SwitchRow | TextRow;

const TABLE = 'src/config/option-table.ts';
const OPTIONS = 'src/config/auth-options.ts';
const HOST_OPTIONS = 'src/auth/auth-module-options.ts';
const ROWS = new Map(Object.entries<AnyRow>(OPTION_TABLE));

/** An option as an interface declares it. */
interface Declared {
  readonly file: string;
  readonly isRequired: boolean;
  /** What its comment has behind `@default`. */
  readonly said: string | undefined;
}

const declared = new Map([
  ...optionsOf(OPTIONS, 'AuthOptions'),
  ...optionsOf(HOST_OPTIONS, 'AuthModuleOptions'),
  ...[...optionsOf(HOST_OPTIONS, 'AuthModuleStructure')].filter(([name]) => name === 'routes'),
]);

describe('The table of options', () => {
  it('has a row for every option that an interface declares, and for nothing else', () => {
    expect([...ROWS.keys()].sort()).toEqual([...declared.keys()].sort());
  });

  it('has the defaults that the comments of the interfaces say', () => {
    const slips = [...declared].flatMap(([name, option]) => slipOf(name, option));
    expect(slips).toEqual([]);
  });

  it('has defaults within their bounds, whole in the unit of the variable', () => {
    for (const [name, row] of ROWS) {
      if (!('minimum' in row)) continue;
      const { default: value, minimum, maximum, unit = 'seconds' } = row;
      const isFit = value >= minimum && value <= maximum && value % SECONDS_IN[unit] === 0;
      if (!isFit) throw new Error(`${name} must be whole ${unit} within its bounds`);
    }
  });
});

/** What a comment says differently than its row, and what to do. */
function slipOf(name: string, { file, isRequired, said }: Declared): string[] {
  const row = ROWS.get(name);
  const wanted = row === undefined ? 'nothing' : defaultOf(row);
  const isRight = isRequired ? wanted.startsWith('required') : (said ?? 'none') === wanted;
  if (isRight) return [];
  return [
    `${name}: ${file} says "@default ${said ?? 'none'}", ${TABLE} says "${wanted}". Mend the wrong one`,
  ];
}

/** The default of a row as the comments write it. */
function defaultOf(row: AnyRow): string {
  if ('defaultInWords' in row) return row.defaultInWords;
  const value = row.default;
  if (typeof value === 'string') return `'${value}'`;
  if (typeof value !== 'object') return value.toLocaleString('en');
  const { limit, windowSeconds } = value;
  const inTime = `${limit.toLocaleString('en')} in ${windowSeconds.toLocaleString('en')} s`;
  return limit === 0 ? `off (${inTime})` : inTime;
}

/** The options of an interface by their paths, with those of the groups that it names. */
function optionsOf(file: string, name: string, group = ''): [string, Declared][] {
  const source = ts.createSourceFile(
    file,
    readFileSync(inRepository(file), 'utf8'),
    ts.ScriptTarget.Latest,
    true,
  );
  const interfaces = source.statements.filter(ts.isInterfaceDeclaration);
  const found = interfaces.find((each) => each.name.text === name);
  const members = found?.members.filter(ts.isPropertySignature) ?? [];
  return members.flatMap((member) => {
    const path = `${group}${member.name.getText()}`;
    const type = member.type?.getText() ?? '';
    const isGroup = type !== 'LimitOptions' && interfaces.some((each) => each.name.text === type);
    if (isGroup) return optionsOf(file, type, `${path}.`);
    const tag = ts.getJSDocTags(member).find((each) => each.tagName.text === 'default');
    const said = ts.getTextOfJSDocComment(tag?.comment);
    return [[path, { file, isRequired: member.questionToken === undefined, said }]];
  });
}
