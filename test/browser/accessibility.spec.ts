import axe, { type AxeResults } from 'axe-core';
import type { Page } from 'playwright-core';

import { PAGE_STATES } from './support/page-states';
import { useStage } from './support/use-stage';
import { stateOf } from './support/visitor';

const STATES = Object.keys(PAGE_STATES) as (keyof typeof PAGE_STATES)[];

/** The narrowest screen that a page has to fit (WCAG 2.2, 1.4.10). */
const NARROW = { width: 320, height: 640 };

/** Rules about the outline of a page, which a mail becomes a part of. */
const PAGE_RULES = ['landmark-one-main', 'region'];

/** What axe has against a page: the rule, and where it is broken. */
async function violationsOf(page: Page, without: readonly string[] = []): Promise<string[]> {
  const options = {
    iframes: false,
    rules: Object.fromEntries(without.map((rule) => [rule, { enabled: false }])),
  };
  const isThere = await page.evaluate<boolean>(`typeof axe !== 'undefined'`);
  if (!isThere) await page.evaluate(`${axe.source}; undefined`);
  const run = `axe.run(document, ${JSON.stringify(options)})`;
  const { violations } = await page.evaluate<AxeResults>(run);
  return violations.flatMap(({ id, nodes }) =>
    nodes.map(({ target, failureSummary }) => `${id} ${target.join(' ')}: ${failureSummary ?? ''}`),
  );
}

/** Elements that would move, or that a style makes change slowly. */
const MOVING = `[...document.querySelectorAll('*')].filter((element) => {
  const { animationName, transitionDuration, scrollBehavior } = getComputedStyle(element);
  return animationName !== 'none' || transitionDuration !== '0s' || scrollBehavior === 'smooth';
}).map(({ outerHTML }) => outerHTML)`;

/** What has the focus, when it can be seen that it has it. */
const FOCUS = `(() => {
  const element = document.querySelector(':focus-visible');
  const { outlineStyle, outlineWidth } = getComputedStyle(element);
  const name = (element.labels?.[0] ?? element).textContent.trim();
  return { name, outline: outlineStyle + ' ' + outlineWidth };
})()`;

interface Keyboard {
  /** The name of what has the focus, which has to be visible. */
  focus(): Promise<string>;
  /** Presses keys, and tells what has the focus then. */
  press(...keys: string[]): Promise<string>;
}

function keyboardOf(page: Page): Keyboard {
  const focus = async (): Promise<string> => {
    const { name, outline } = await page.evaluate<{ name: string; outline: string }>(FOCUS);
    expect([name, outline]).toEqual([name, 'solid 3px']);
    return name;
  };
  return {
    focus,
    press: async (...keys) => {
      for (const key of keys) await page.keyboard.press(key);
      return focus();
    },
  };
}

describe('every page can be used by everybody', () => {
  const stage = useStage();

  it.each(STATES)('in light and dark, on a narrow screen, without motion: %s', async (name) => {
    const email = `state-${STATES.indexOf(name).toString()}@example.com`;
    const page = await PAGE_STATES[name](stage, email);
    await page.emulateMedia({ colorScheme: 'light', reducedMotion: 'reduce' });
    expect(await violationsOf(page)).toEqual([]);
    expect(await page.evaluate(MOVING)).toEqual([]);

    await page.emulateMedia({ colorScheme: 'dark' });
    await page.setViewportSize(NARROW);
    expect(await violationsOf(page)).toEqual([]);
    expect(await page.evaluate('document.documentElement.scrollWidth')).toBe(NARROW.width);
  });

  it('as well as the mail itself', async () => {
    const visitor = await stage.visitor();
    await visitor.askForLink('mail@example.com');
    const { html } = await stage.service.mailTo('mail@example.com');
    const page = await visitor.openTab('about:blank');
    await page.setContent(html);
    for (const colorScheme of ['light', 'dark'] as const) {
      await page.emulateMedia({ colorScheme });
      expect([colorScheme, await violationsOf(page, PAGE_RULES)]).toEqual([colorScheme, []]);
    }
    await page.setViewportSize(NARROW);
    expect(await page.evaluate('document.documentElement.scrollWidth')).toBe(NARROW.width);
  });

  it('with the keyboard alone, by the code', async () => {
    const { page } = await stage.visitor();
    const { focus, press } = keyboardOf(page);
    await page.goto('/auth/sign-in');
    await stateOf(page, 'address');
    expect(await focus()).toBe('Email address');
    await page.keyboard.type('keys@example.com');
    expect(await press('Tab')).toBe('Send me a link');
    await page.keyboard.press('Enter');

    // The new heading has the focus, so that it is read out.
    const sent = await stateOf(page, 'sent');
    expect(await page.locator(':focus').innerText()).toBe('Check your email');
    expect(await press('Tab')).toBe('Six-digit code');
    await page.keyboard.type((await stage.service.mailTo('keys@example.com')).code);
    expect(await press('Tab')).toBe('Remember this device');
    await page.keyboard.press('Space');
    expect(await sent.getByRole('checkbox').isChecked()).toBe(true);
    expect(await press('Tab')).toBe('Sign in');
    expect(await press('Tab')).toBe('Send another email');
    expect(await press('Tab')).toBe('Use another address');
    expect(await press('Shift+Tab', 'Shift+Tab')).toBe('Sign in');
    await page.keyboard.press('Enter');

    await stateOf(page, 'account');
    expect(await page.locator('#sessions').innerText()).toContain('Remembered');
    expect(await press('Tab')).toBe('Sign out');
    await page.keyboard.press('Enter');
    await stateOf(page, 'signed-out');
    expect(await page.locator(':focus').innerText()).toBe('You are signed out');
    expect(await press('Tab')).toBe('Sign in');
    await page.keyboard.press('Enter');
    await stateOf(page, 'address');
  });

  it('with the keyboard alone, by the link', async () => {
    const visitor = await stage.visitor();
    const { page } = visitor;
    const { press } = keyboardOf(page);
    await visitor.askForLink('keys-link@example.com');
    await page.goto((await stage.service.mailTo('keys-link@example.com')).link);
    await stateOf(page, 'confirm');
    expect(await page.locator(':focus').innerText()).toBe('Sign in to MIRA Auth?');
    expect(await press('Tab')).toBe('Remember this device');
    expect(await press('Tab')).toBe('Sign in');
    await page.keyboard.press('Enter');
    await stateOf(page, 'account');
  });

  it('with the keyboard alone, to report a mail', async () => {
    const visitor = await stage.visitor();
    const { page } = visitor;
    const { press } = keyboardOf(page);
    await visitor.askForLink('keys-report@example.com');
    await page.goto((await stage.service.mailTo('keys-report@example.com')).reportLink);
    await stateOf(page, 'ask');
    expect(await press('Tab')).toBe('I didn’t ask for this email');
    expect(await press('Tab')).toBe('Send');
    // The complaint is read out, and the choice has the focus.
    expect(await press('Enter')).toBe('I didn’t ask for this email');
    expect(await press('ArrowDown')).toBe('Somebody asked me for the code or the link');
    await page.getByText('The link and its code stop working.').locator('visible=true').waitFor();
    expect(await press('Tab')).toBe('Send');
    await page.keyboard.press('Enter');
    await stateOf(page, 'done');
    expect(await page.locator(':focus').innerText()).toBe('Done');
    expect(await press('Tab')).toBe('See where you are signed in');
    expect(await press('Tab')).toBe('Undo');
  });
});
