// `npm run screenshots`: takes the pictures in docs/screenshots anew, which docs/pages.md shows.
import 'reflect-metadata';

import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';

import type { Page } from 'playwright-core';

import { inRepository } from '../support/repository';
import { PAGE_STATES } from './support/page-states';
import { Stage } from './support/stage';

const FOLDER = inRepository('docs/screenshots');

/** The mailbox comes first, while there is little in it. */
const PICTURES = [
  'mailbox',
  'mail',
  'sign-in',
  'sent',
  'link',
  'link-switch',
  'link-elsewhere',
  'link-network',
  'account',
  'account-switched',
  'account-elsewhere',
  'report',
  'report-chosen',
  'report-done',
  'report-sign-in',
] as const;

const WIDE_PIXELS = 720;
const NARROW_PIXELS = 320;

/** What is further down in a long page shows nothing new. */
const MAX_HEIGHT_PIXELS = 900;

const CONTENT_HEIGHT = `(() => {
  const top = document.querySelector('header').getBoundingClientRect().top;
  return Math.ceil(document.querySelector('main').getBoundingClientRect().bottom + top);
})()`;

async function main(): Promise<void> {
  const { default: startServer } = await import('./support/global-setup.mjs');
  const { default: stopServer } = await import('../support/run/global-teardown.mjs');
  await startServer();
  try {
    await mkdir(FOLDER, { recursive: true });
    const stage = new Stage();
    await stage.open();
    for (const name of PICTURES) {
      await takePictures(name, await PAGE_STATES[name](stage, `${name}@example.com`));
      await stage.clear();
    }
    await stage.close();
  } finally {
    await stopServer();
  }
}

async function takePictures(name: string, page: Page): Promise<void> {
  for (const [variant, colorScheme, width] of [
    ['light', 'light', WIDE_PIXELS],
    ['dark', 'dark', WIDE_PIXELS],
    ['narrow', 'light', NARROW_PIXELS],
  ] as const) {
    await page.emulateMedia({ colorScheme });
    await page.setViewportSize({ width, height: MAX_HEIGHT_PIXELS });
    const height = Math.min(await page.evaluate<number>(CONTENT_HEIGHT), MAX_HEIGHT_PIXELS);
    const path = join(FOLDER, `${name}-${variant}.png`);
    await page.screenshot({ path, clip: { x: 0, y: 0, width, height } });
    console.log(path);
  }
}

void main();
