import { existsSync, readFileSync } from 'node:fs';
import { dirname } from 'node:path';

import { inRepository } from '../support/repository';
import {
  ARCHITECTURE_PAGE,
  foldersOfSource,
  layers,
  withFactsOfSource,
} from './pages/architecture-page';
import { filesBelow } from './repository-files';

const page = readFileSync(inRepository(ARCHITECTURE_PAGE), 'utf8');

/** The text below a heading, up to the next one. */
function section(heading: string): string {
  const [, text] = page.split(`\n${heading}\n`);
  if (text === undefined) throw new Error(`${ARCHITECTURE_PAGE} has no "${heading}"`);
  return text.split(/\n#+ /)[0] ?? '';
}

const FIRST_CELL = /^\| `([^`]+)`/gm;
const FIRST_OF_ITEM = /^- `([^`]+)`/gm;

function names(text: string, pattern: RegExp): string[] {
  return Array.from(text.matchAll(pattern), ([, name = '']) => name).sort();
}

describe(ARCHITECTURE_PAGE, () => {
  it('draws the modules, and lists the ways into rooms, as the source has them', () => {
    if (withFactsOfSource(page) !== page) {
      throw new Error(`${ARCHITECTURE_PAGE} has drifted: run npm run docs:architecture`);
    }
  });

  it('says of each room what it is', () => {
    expect(page).not.toContain('`: …\n');
  });

  it('draws every module', () => {
    const drawing = section('## Modules');
    const missing = filesBelow('src')
      .filter((path) => path.endsWith('.module.ts'))
      .map((path) => /^export class (\w+)/m.exec(readFileSync(inRepository(path), 'utf8'))?.[1])
      .filter((name) => !new RegExp(`> ${name}$|  ${name} -`, 'm').test(drawing));
    expect(missing).toEqual([]);
  });

  it('describes the folders of src, and each has its rule', () => {
    expect(names(section('## Folders'), FIRST_CELL)).toEqual(foldersOfSource());
    expect(layers()).toEqual(expect.arrayContaining(foldersOfSource()));
  });

  it('describes folders beside src that are there', () => {
    const missing = names(section('### Beside `src`'), FIRST_CELL).filter(
      (folder) => !existsSync(inRepository(folder)),
    );
    expect(missing).toEqual([]);
  });

  it('names the folders with more than twelve files, and why', () => {
    const counts = new Map<string, number>();
    for (const folder of ['src', 'test', 'docs', 'tools', 'migrations', 'bench']) {
      for (const path of filesBelow(folder)) {
        const isBesideItsSource = path.startsWith('src/') && path.endsWith('.spec.ts');
        const parent = dirname(path);
        if (!isBesideItsSource) counts.set(parent, (counts.get(parent) ?? 0) + 1);
      }
    }
    const large = [...counts].filter(([, count]) => count > 12).map(([folder]) => folder);
    const named = names(section('### Folders with more than twelve files'), FIRST_OF_ITEM);
    expect(named).toEqual(large.sort());
  });
});
