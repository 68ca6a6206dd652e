import { type Browser, chromium } from 'playwright-core';

import { findChromium } from './find-chromium.cjs';

/** Starts Chromium without a window, with a profile of its own that goes when it is closed. */
export async function launchChromium(): Promise<Browser> {
  return chromium.launch({
    executablePath: findChromium(),
    // Chromium's sandbox cannot be had by root, as whom containers run this.
    chromiumSandbox: process.getuid?.() !== 0,
    args: [
      '--disable-gpu',
      '--disable-quic',
      '--no-first-run',
      '--disable-background-networking',
      '--disable-component-update',
      '--disable-sync',
    ],
  });
}
