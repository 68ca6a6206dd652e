import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

export interface PackageInfo {
  /** Folder of `package.json`: of the repository, or of the image. */
  readonly root: string;
  readonly version: string;
}

/** Finds our own `package.json`, which is above this file in the source as well as when built. */
export function packageInfo(): PackageInfo {
  let root = __dirname;
  while (!existsSync(join(root, 'package.json'))) {
    const parent = dirname(root);
    if (parent === root) throw new Error('package.json is not installed with the service');
    root = parent;
  }
  const manifest: unknown = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
  const { version } = manifest as { version: string };
  return { root, version };
}
