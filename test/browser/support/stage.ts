import type { Browser, BrowserContextOptions } from 'playwright-core';

import { type BrowserService, startBrowserService } from './browser-service';
import { launchChromium } from './chromium';
import { Visitor } from './visitor';

/** What the tests of one file play on: a service, a browser, and the people of the current test. */
export class Stage {
  service: BrowserService;
  private browser: Browser;
  private visitors: Visitor[] = [];

  async open(): Promise<void> {
    [this.service, this.browser] = await Promise.all([startBrowserService(), launchChromium()]);
  }

  async visitor(options: BrowserContextOptions = {}): Promise<Visitor> {
    const visitor = await Visitor.arrive(this.browser, this.service, options);
    this.visitors.push(visitor);
    return visitor;
  }

  /**
   * Sends everybody home.
   *
   * @returns what their browsers complained about.
   */
  async clear(): Promise<string[]> {
    const leaving = this.visitors;
    this.visitors = [];
    await Promise.all(leaving.map(({ context }) => context.close()));
    return leaving.flatMap(({ complaints }) => complaints);
  }

  async close(): Promise<void> {
    await this.browser.close();
    await this.service.stop();
  }
}
