import { readdirSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';

import { inRepository } from '../../support/repository';
import { filesBelow } from '../repository-files';

/** The page that says how the source is divided. */
export const ARCHITECTURE_PAGE = 'docs/architecture.md';

const LINE_WIDTH = 100;

/** A room inside a folder of src, as `ROOMS` of .dependency-cruiser.cjs has it. */
interface Room {
  readonly path: string;
  readonly wayIn: string;
  readonly uses: string;
}

/**
 * The page with the arrows between modules and the ways into rooms as the source has them. What the
 * page says about a room, in front of "Entered by", stays as it is.
 */
export function withFactsOfSource(page: string): string {
  return page
    .replace(/(?<=```mermaid\ngraph TD\n)(.*?)(?=\n\n|\n```)/s, moduleArrows().join('\n'))
    .replace(
      /(?<=<!-- rooms -->\n\n).*?(?=\n\n<!-- end of rooms -->)/s,
      roomList(descriptionsIn(page)),
    );
}

/** `A --> B` for every module of Nest that imports another. */
function moduleArrows(): string[] {
  const modules = filesBelow('src').filter((path) => path.endsWith('.module.ts'));
  return modules.flatMap((path) => {
    const text = readFileSync(inRepository(path), 'utf8');
    const [, name = path] = /^export class (\w+)/m.exec(text) ?? [];
    // A module is known to another one for this only.
    const imports = text.matchAll(/^import \{([^}]*)\} from '[^']*\.module';$/gm);
    const imported = Array.from(imports, ([, names = '']) => names.match(/\b\w+Module\b/g) ?? []);
    return imported
      .flat()
      .sort()
      .map((other) => `  ${name} --> ${other}`);
  });
}

function roomList(descriptions: ReadonlyMap<string, string>): string {
  return rooms()
    .map(({ path, wayIn, uses }) =>
      [
        `- \`${path}\`: ${descriptions.get(path) ?? '…'}`,
        wrapped(`Entered by ${code(wayIn)}.${uses === 'none' ? '' : ` Uses ${code(uses)}.`}`),
      ].join('\n'),
    )
    .join('\n');
}

function descriptionsIn(page: string): Map<string, string> {
  const found = page.matchAll(/^- `(\w[\w-]*\/[\w-]+)`: (.*?)\n {2}Entered by /gms);
  return new Map(Array.from(found, ([, path = '', text = '']) => [path, text]));
}

function rooms(): Room[] {
  return Object.entries(structure().ROOMS).flatMap(([folder, inside]) =>
    Object.entries(inside).map(([room, { wayIn, uses }]) => ({
      path: `${folder}/${room}`,
      wayIn: wayIn.join(', ') || 'nobody',
      uses: uses.join(', ') || 'none',
    })),
  );
}

/** The folders of src that have a row in `LAYERS` of .dependency-cruiser.cjs. */
export function layers(): string[] {
  return Object.keys(structure().LAYERS).sort();
}

interface Structure {
  readonly LAYERS: Readonly<Record<string, readonly string[]>>;
  readonly ROOMS: Readonly<
    Record<string, Readonly<Record<string, { wayIn: readonly string[]; uses: readonly string[] }>>>
  >;
}

function structure(): Structure {
  const load = createRequire(inRepository('package.json'));
  return (load('./.dependency-cruiser.cjs') as { structure: Structure }).structure;
}

/** The folders that stand in src. */
export function foldersOfSource(): string[] {
  return readdirSync(inRepository('src'), { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map(({ name }) => name)
    .sort();
}

function code(list: string): string {
  return list === 'nobody' ? list : `\`${list.replaceAll(', ', '`, `')}\``;
}

/** Lines with the indent of a list's item. */
function wrapped(text: string): string {
  const lines = [''];
  for (const word of text.split(' ')) {
    const line = lines.at(-1) ?? '';
    if (`${line} ${word}`.length + 1 > LINE_WIDTH) lines.push(` ${word}`);
    else lines[lines.length - 1] = `${line} ${word}`;
  }
  return lines.map((line) => ` ${line}`).join('\n');
}
