import { readdirSync, readFileSync } from 'node:fs';
import { extname, join } from 'node:path';

import { Injectable } from '@nestjs/common';

export interface PageAsset {
  /** Media type. */
  readonly type: string;
  readonly content: string;
}

const FOLDER = join(__dirname, 'assets');

const MEDIA_TYPES: Readonly<Record<string, string>> = {
  '.css': 'text/css; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.mjs': 'text/javascript; charset=utf-8',
  '.svg': 'image/svg+xml',
};

/**
 * Files that are not ours: the same parser that describes devices in mails and logs describes them
 * on the pages, so that there are not two opinions about one browser.
 */
const LIBRARIES = [{ name: 'bowser.mjs', path: require.resolve('bowser/bowser.mjs') }];

/**
 * The style sheet, scripts and icon of the pages. They are read once, at the start, and found by
 * their names alone: no path of a request ever reaches the file system.
 */
@Injectable()
export class PageAssets {
  private readonly assets: ReadonlyMap<string, PageAsset> = new Map(
    [...readdirSync(FOLDER).map((name) => ({ name, path: join(FOLDER, name) })), ...LIBRARIES].map(
      ({ name, path }) => [name, readAsset(path)],
    ),
  );

  /** @returns `undefined` for a name that no file of the pages has. */
  find(name: string): PageAsset | undefined {
    return this.assets.get(name);
  }
}

/** @throws TypeError for a file that the pages have no use for. */
function readAsset(path: string): PageAsset {
  const type = MEDIA_TYPES[extname(path)];
  if (type === undefined) throw new TypeError(`${path} has no media type`);
  return { type, content: readFileSync(path, 'utf8') };
}
