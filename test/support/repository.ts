import { resolve } from 'node:path';

const ROOT = resolve(__dirname, '../..');

/** The path of a file of this repository. */
export function inRepository(path: string): string {
  return resolve(ROOT, path);
}
