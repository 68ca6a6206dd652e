import { readdirSync } from 'node:fs';
import { join, relative } from 'node:path';

import { inRepository } from '../support/repository';

/** The paths of all files below a folder of this repository, with `/` on every system, sorted. */
export function filesBelow(folder: string): string[] {
  return readdirSync(inRepository(folder), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map(({ parentPath, name }) => relative(inRepository('.'), join(parentPath, name)))
    .map((path) => path.replaceAll('\\', '/'))
    .filter((path) => !path.includes('/node_modules/'))
    .sort();
}
