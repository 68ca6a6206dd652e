import type {
  Browser,
  BrowserContext,
  BrowserContextOptions,
  Locator,
  Page,
} from 'playwright-core';

import type { BrowserService } from './browser-service';

/** More than any step takes, also on a machine that is busy. */
const PATIENCE_MILLISECONDS = 10_000;

/** Chromium's own line for each answer that is an error, many of which are meant to be. */
const REFUSED_REQUEST = /^Failed to load resource: the server responded with a status of 4\d\d /;

/** A person with a browser of their own, which shares no cookie with another. */
export class Visitor {
  private readonly heard: string[] = [];
  private expected: string | undefined;

  private constructor(
    private readonly service: BrowserService,
    readonly context: BrowserContext,
    /** The first tab. */
    readonly page: Page,
  ) {}

  static async arrive(
    browser: Browser,
    service: BrowserService,
    options: BrowserContextOptions = {},
  ): Promise<Visitor> {
    const context = await browser.newContext({
      baseURL: service.url,
      locale: 'en-GB',
      viewport: { width: 1000, height: 800 },
      ...options,
    });
    context.setDefaultTimeout(PATIENCE_MILLISECONDS);
    const visitor = new Visitor(service, context, await context.newPage());
    context.on('console', (message) => {
      const isComplaint = ['error', 'warning'].includes(message.type());
      if (isComplaint && !REFUSED_REQUEST.test(message.text())) visitor.heard.push(message.text());
    });
    context.on('weberror', (webError) => visitor.heard.push(String(webError.error())));
    return visitor;
  }

  /** What the browser complained about: errors of scripts, of the policy, of the network. */
  get complaints(): string[] {
    const { expected } = this;
    return this.heard.filter((text) => expected === undefined || !text.includes(expected));
  }

  /** Takes complaints with these words for granted. */
  expectComplaint(words: string): void {
    this.expected = words;
  }

  /** Goes to another network: its address is told by a proxy that the service trusts. */
  async moveTo(address: string): Promise<void> {
    await this.context.setExtraHTTPHeaders({ 'X-Forwarded-For': address });
  }

  /** Opens an address in a new tab. */
  async openTab(address: string): Promise<Page> {
    const page = await this.context.newPage();
    await page.goto(address);
    return page;
  }

  /** Types an address into the sign-in page, and waits until it says that a mail is on its way. */
  async askForLink(email: string): Promise<void> {
    await this.page.goto('/auth/sign-in');
    await stateOf(this.page, 'address');
    await this.page.getByLabel('Email address').fill(email);
    await this.page.getByRole('button', { name: 'Send me a link' }).click();
    await stateOf(this.page, 'sent');
  }

  /** Asks for a link in this browser, but by none of its pages. */
  async askBesides(email: string): Promise<void> {
    const tab = await this.openTab('/auth/link');
    const init = {
      method: 'POST',
      headers: { 'Content-Type': 'application/json' },
      body: JSON.stringify({ email }),
    };
    await tab.evaluate(`fetch('/auth/magic-link/request', ${JSON.stringify(init)})`);
    await tab.close();
  }

  /**
   * Signs in by a link, all in the first tab, and waits for the account page.
   *
   * @param options.ordinal of the mail, among those to the address.
   */
  async signIn(email: string, { remember = false, ordinal = 1 } = {}): Promise<void> {
    await this.askForLink(email);
    const { link } = await this.service.mailTo(email, ordinal);
    await this.page.goto(link);
    await confirm(this.page, { remember });
  }

  /**
   * What the same person's browser still has after a restart: its cookies.
   *
   * @param names of the cookies that are kept: by default all.
   */
  async profile(...names: readonly string[]): Promise<BrowserContextOptions> {
    const { cookies, origins } = await this.context.storageState();
    const kept = cookies.filter(({ name }) => names.length === 0 || names.includes(name));
    return { storageState: { cookies: kept, origins } };
  }

  /** The value of one of this browser's cookies. */
  async cookie(name: string): Promise<string | undefined> {
    return (await this.context.cookies()).find((cookie) => cookie.name === name)?.value;
  }
}

/** Waits until a page shows one of its states. */
export async function stateOf(page: Page, name: string): Promise<Locator> {
  const state = page.locator(`[data-state=${name}]`);
  await state.waitFor({ state: 'visible' });
  return state;
}

/** Presses the button of the confirm page, and waits for the account page. */
export async function confirm(page: Page, { remember = false } = {}): Promise<void> {
  const question = await stateOf(page, 'confirm');
  if (remember) await question.getByLabel('Remember this device').check();
  await question.getByRole('button', { name: /^(Sign in|Switch account)$/ }).click();
  await stateOf(page, 'account');
}
