import type { Browser, BrowserContextOptions } from 'playwright-core';

import { type BrowserService, startBrowserService } from './browser-service';
import { launchChromium } from './chromium';
import { Visitor } from './visitor';

/** What the tests of one file play on: a service, a browser, and the people of the current test. */
export class Stage {
  private visitors: Visitor[] = [];

  private constructor(
    readonly service: BrowserService,
    private readonly browser: Browser,
  ) {}

  static async open(): Promise<Stage> {
    const [service, browser] = await Promise.all([startBrowserService(), launchChromium()]);
    return new Stage(service, browser);
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
