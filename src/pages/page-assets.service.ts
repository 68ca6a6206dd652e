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
 * Third-party files. The pages describe devices with the parser that mails and logs use, so that
 * one browser has the same name everywhere.
 */
const LIBRARIES = [{ name: 'bowser.mjs', path: require.resolve('bowser/bowser.mjs') }];

/**
 * The style sheet, scripts and icon of the pages. They are read once, at the start, and looked up
 * by name in memory: no path of a request ever reaches the file system.
 */
@Injectable()
export class PageAssets {
  private readonly assets: ReadonlyMap<string, PageAsset> = new Map(
    [...readdirSync(FOLDER).map((name) => ({ name, path: join(FOLDER, name) })), ...LIBRARIES].map(
      ({ name, path }) => [name, readAsset(path)],
    ),
  );

  /** @returns the file, or `undefined` when the pages have none of this name. */
  find(name: string): PageAsset | undefined {
    return this.assets.get(name);
  }
}

/** @throws TypeError for a file whose extension has no media type. */
function readAsset(path: string): PageAsset {
  const type = MEDIA_TYPES[extname(path)];
  if (type === undefined) {
    throw new TypeError(`the page asset ${path} has an unknown extension: add its media type`);
  }
  return { type, content: readFileSync(path, 'utf8') };
}
