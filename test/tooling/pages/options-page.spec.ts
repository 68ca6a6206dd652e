import { readFileSync } from 'node:fs';

import { inRepository } from '../../support/repository';
import { COMMAND, outdatedRows, PAGE, withTables } from './options-page';

const PAGE_NOW = readFileSync(inRepository(PAGE), 'utf8');

describe('docs/options.md', () => {
  it('says of every option and variable what the tables in src say', () => {
    expect(outdatedRows(PAGE_NOW)).toEqual([]);
  });

  it('is as its command writes it', () => {
    const isCurrent = withTables(PAGE_NOW) === PAGE_NOW;
    expect(isCurrent ? 'current' : `the layout differs: run ${COMMAND}`).toBe('current');
  });
});

describe('a page that is not current', () => {
  it('is told by the option that differs, with the command that mends it', () => {
    const page = withTables(PAGE_NOW);
    const row = /^.*`session\.maxPerUser`.*$/m;
    const changed = page.replace(row, (line) => line.replace('oldest', 'newest'));
    const line = 'docs/options.md says other things of session.maxPerUser than the tables in src';
    expect(outdatedRows(changed)).toEqual([`${line}: run npm run docs:options`]);
    expect(outdatedRows(page.replace(row, ''))).toEqual([`${line}: run npm run docs:options`]);
    expect(withTables(changed)).toBe(page);
  });

  it.each([
    ['a row that stands nowhere', 'rows: session.*', 'rows: session.cacheEntries', /maxPerUser/],
    ['a row that stands twice', 'rows: session.*', 'rows: session.* PORT', /PORT in two tables/],
    ['a name of no row', 'rows: session.*', 'rows: session.* nonsense', /nonsense/],
  ])('is refused with %s', (_, from, to, message) => {
    expect(() => withTables(PAGE_NOW.replace(from, to))).toThrow(message);
  });
});
