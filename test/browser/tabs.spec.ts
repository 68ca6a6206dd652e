import type { Page } from 'playwright-core';

import { FIREFOX } from '../support/http/user-agents';
import { useStage } from './support/use-stage';
import { confirm, stateOf, type Visitor } from './support/visitor';

/** Everything that a document holds, and its history entry. */
const HELD = `document.documentElement.outerHTML + JSON.stringify(history.state)
  + [...document.querySelectorAll('input')].map(({ value }) => value).join()`;

/** Takes from a tab what it would hear of the others. */
const DEAF = `BroadcastChannel.prototype.postMessage = () => {}`;

describe('tabs of one browser', () => {
  const stage = useStage();

  /** Signs somebody in in a tab of its own, by a link that no page of the browser asked for. */
  const signInBesides = async (browser: Visitor, email: string): Promise<Page> => {
    await browser.askBesides(email);
    const tab = await browser.openTab((await stage.service.mailTo(email)).link);
    await confirm(tab);
    return tab;
  };

  const comeBackTo = async (tab: Page): Promise<void> => {
    await tab.evaluate(`document.dispatchEvent(new Event('visibilitychange'))`);
  };

  it('learn of a sign-out, and hold nothing of the person any more', async () => {
    const email = 'told@example.com';
    const ada = await stage.visitor({ extraHTTPHeaders: { 'X-Forwarded-For': '198.51.100.20' } });
    await ada.signIn(email);
    const account = await ada.openTab('/auth/account');
    await stateOf(account, 'account');
    const signIn = await ada.openTab('/auth/sign-in');
    await stateOf(signIn, 'signed-in');
    for (const tab of [ada.page, account]) {
      expect(await tab.evaluate<string>(HELD)).toContain(email);
      expect(await tab.evaluate<string>(HELD)).toContain('198.51.100.20');
    }

    await ada.page.getByRole('button', { name: 'Sign out' }).click();
    await stateOf(ada.page, 'signed-out');
    await stateOf(account, 'signed-out');
    await account.getByText('You signed out in another tab.').waitFor();
    await stateOf(signIn, 'address');
    for (const tab of [ada.page, account, signIn]) {
      const held = await tab.evaluate<string>(HELD);
      expect(held).not.toContain(email);
      expect(held).not.toContain('198.51.100.20');
    }

    // Nor do the pages before it.
    await ada.page.goto('/auth/sign-in');
    await stateOf(ada.page, 'address');
    await ada.page.goBack();
    await stateOf(ada.page, 'signed-out');
    expect(await ada.page.evaluate<string>(HELD)).not.toContain(email);
  });

  it('hold nothing of who signed out on the way back to where the mail was asked for', async () => {
    const email = 'back@example.com';
    const ada = await stage.visitor();
    await ada.signIn(email);
    await ada.page.getByRole('button', { name: 'Sign out' }).click();
    await stateOf(ada.page, 'signed-out');
    await ada.page.goBack();
    await stateOf(ada.page, 'address');
    expect(await ada.page.evaluate<string>(HELD)).not.toContain(email);
  });

  it('hold nothing after the session was ended from elsewhere', async () => {
    const email = 'ended@example.com';
    const ada = await stage.visitor();
    await ada.signIn(email);
    const phone = await stage.visitor({ userAgent: FIREFOX });
    await phone.signIn(email, { ordinal: 2 });
    await phone.page.getByRole('button', { name: 'End all other sessions' }).click();
    await phone.page.getByText('All other sessions have been ended.').waitFor();

    await comeBackTo(ada.page);
    await stateOf(ada.page, 'signed-out');
    const held = await ada.page.evaluate<string>(HELD);
    expect(held).not.toContain(email);
    expect(held).not.toContain('127.0.0.1');
  });

  it('say so when somebody else has signed in, and show them when asked to', async () => {
    const browser = await stage.visitor();
    await browser.signIn('one@example.com');
    await signInBesides(browser, 'two@example.com');
    const notice = await stateOf(browser.page, 'switched');
    expect(await notice.innerText()).toContain('You are signed in as two@example.com.');
    expect(await browser.page.evaluate<string>(HELD)).not.toContain('one@example.com');
    await notice.getByRole('button', { name: 'Show this account' }).click();
    await stateOf(browser.page, 'account');
    expect(await browser.page.locator('#signed-in-as').innerText()).toContain('two@example.com');
  });

  it('follow the same person into the next session', async () => {
    const browser = await stage.visitor();
    await browser.signIn('same@example.com');
    await browser.askBesides('same@example.com');
    const tab = await browser.openTab((await stage.service.mailTo('same@example.com', 2)).link);
    await confirm(tab);
    // Only a tab that shows the new session may end it.
    await browser.page.getByRole('button', { name: 'Sign out' }).click();
    await stateOf(browser.page, 'signed-out');
    await stateOf(tab, 'signed-out');
  });

  it.each([
    ['signs nobody else out', 'Sign out'],
    ['ends no session of somebody else', 'End all other sessions'],
    ['ends no single session either', 'End session'],
  ])('that have heard nothing: one %s', async (_, button) => {
    const stale = `stale-${button.toLowerCase().replaceAll(' ', '-')}@example.com`;
    const other = `other-${stale}`;
    const laptop = await stage.visitor({ userAgent: FIREFOX });
    await laptop.signIn(stale);
    const phone = await stage.visitor({ userAgent: FIREFOX });
    await phone.signIn(other);

    const browser = await stage.visitor();
    await browser.context.addInitScript(DEAF);
    await browser.signIn(stale, { ordinal: 2 });
    await browser.askBesides(other);
    const tab = await browser.openTab((await stage.service.mailTo(other, 2)).link);
    await confirm(tab);

    await browser.page
      .getByRole('button', { name: new RegExp(`^${button}`) })
      .first()
      .click();
    const notice = await stateOf(browser.page, 'switched');
    expect(await notice.innerText()).toContain(`You are signed in as ${other}.`);
    expect(await browser.page.locator('#problem').innerText()).toContain('Nothing was changed.');
    for (const page of [tab, phone.page, laptop.page]) {
      await page.reload();
      await stateOf(page, 'account');
    }
  });

  it('that wait for a mail go on waiting when somebody else signs in', async () => {
    const browser = await stage.visitor();
    await browser.askForLink('waiting@example.com');
    const tab = await signInBesides(browser, 'quick@example.com');
    await comeBackTo(browser.page);
    await stateOf(browser.page, 'sent');
    await browser.page
      .getByLabel('Six-digit code')
      .fill((await stage.service.mailTo('waiting@example.com')).code);
    await browser.page.keyboard.press('Enter');
    await stateOf(browser.page, 'account');
    expect(await browser.page.locator('#signed-in-as').innerText()).toContain('waiting@');
    await stateOf(tab, 'switched');
  });

  it('that ask for a switch ask anew when somebody else signs in meanwhile', async () => {
    const browser = await stage.visitor();
    await browser.context.addInitScript(DEAF);
    await browser.signIn('asked-one@example.com');
    await browser.askBesides('asked-two@example.com');
    const { link } = await stage.service.mailTo('asked-two@example.com');
    await browser.page.goto(link);
    const question = await stateOf(browser.page, 'confirm');
    await signInBesides(browser, 'asked-three@example.com');
    await question.getByRole('button', { name: 'Switch account' }).click();
    await browser.page.getByText('You are signed in as asked-three@example.com.').waitFor();
    await confirm(browser.page);
    expect(await browser.page.locator('#signed-in-as').innerText()).toContain('asked-two@');
  });

  it.each([
    ['is missing', 'delete window.BroadcastChannel'],
    ['is forbidden', 'window.BroadcastChannel = class { constructor() { throw new Error(); } }'],
  ])('work where the channel between them %s', async (_, script) => {
    const email = `channel-${script.length.toString()}@example.com`;
    const ada = await stage.visitor();
    await ada.context.addInitScript(script);
    await ada.askForLink(email);
    const tab = await ada.openTab((await stage.service.mailTo(email)).link);
    await confirm(tab);
    await comeBackTo(ada.page);
    await stateOf(ada.page, 'signed-in');
    await tab.getByRole('button', { name: 'Sign out' }).click();
    await stateOf(tab, 'signed-out');
    await comeBackTo(ada.page);
    await stateOf(ada.page, 'address');
    expect(await ada.page.evaluate<string>(HELD)).not.toContain(email);
  });
});
