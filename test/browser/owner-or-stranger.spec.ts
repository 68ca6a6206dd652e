import { FIREFOX, SAFARI } from '../support/http/user-agents';
import { waitFor } from '../support/wait-for';
import { useStage } from './support/use-stage';
import { confirm, stateOf, type Visitor } from './support/visitor';

const chrome = (version: number): string =>
  `Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/${version.toString()}.0.0.0 Safari/537.36`;

const WIFI = '198.51.100.20';
const MOBILE = '203.0.113.77';
const DATA_CENTRE = '203.0.113.200';

/**
 * Opens an address, and presses every button in every state that this leads to, as scanners of mails
 * do: each in a tab of its own, after the buttons that led there.
 *
 * @returns the states that were seen.
 */
async function pressEveryButton(scanner: Visitor, address: string): Promise<Set<string>> {
  const seen = new Set<string>();
  const waiting: string[][] = [[]];
  for (let path = waiting.pop(); path !== undefined; path = waiting.pop()) {
    const page = await scanner.openTab(address);
    for (const name of path) {
      await page.locator('[data-state]').getByRole('button', { name, exact: true }).click();
      await page.waitForLoadState('networkidle');
    }
    const state = page.locator('[data-state]:visible');
    await state.locator('h1').waitFor();
    const name = (await state.getAttribute('data-state')) ?? '';
    const where = `${new URL(page.url()).pathname} ${name}`;
    if (!seen.has(where)) {
      seen.add(where).add(name);
      for (const text of await state.getByRole('button').allInnerTexts()) {
        waiting.push([...path, text]);
      }
    }
    await page.close();
  }
  return seen;
}

describe('an owner whose browser and network change', () => {
  const stage = useStage();

  const at = (address: string, version = 148): Parameters<typeof stage.visitor>[0] => ({
    userAgent: chrome(version),
    extraHTTPHeaders: { 'X-Forwarded-For': address },
  });

  /** The same browser later: with its cookies, but another version or network. */
  const later = async (
    visitor: Visitor,
    options: Parameters<typeof stage.visitor>[0],
  ): Promise<Visitor> => stage.visitor({ ...(await visitor.profile()), ...options });

  /** What the service has held against an address. */
  const countsAgainst = async (): Promise<unknown> => {
    const [counts] = await stage.service.sql(
      `SELECT (SELECT count(*) FROM security_events
                WHERE type IN ('session.refused', 'magic_link.failed', 'account.locked'))::int AS events,
              (SELECT coalesce(sum(attempt_count), 0) FROM magic_links)::int AS tries`,
    );
    return counts;
  };

  describe.each([
    ['O1', 'after an update', WIFI, 149],
    ['O2', 'in another network', MOBILE, 148],
    ['O3', 'after an update in another network', MOBILE, 149],
  ])('%s %s', (id, when, address, version) => {
    const email = `${id.toLowerCase()}@example.com`;

    it(`${id} stays signed in ${when}, by link and by code, and nobody is alarmed`, async () => {
      const before = await countsAgainst();
      const ada = await stage.visitor(at(WIFI));
      await ada.signIn(email);
      const now = await later(ada, at(address, version));
      for (let times = 0; times < 6; times += 1) {
        await now.page.goto('/auth/account');
        await stateOf(now.page, 'account');
      }

      // Asked for before, opened after.
      await ada.page.goto('/auth/sign-in');
      await ada.page.getByRole('button', { name: 'Use another account' }).click();
      await ada.page.getByLabel('Email address').fill(email);
      await ada.page.keyboard.press('Enter');
      await stateOf(ada.page, 'sent');
      const byLink = await later(ada, at(address, version));
      await byLink.page.goto((await stage.service.mailTo(email, 2)).link);
      await confirm(byLink.page);
      expect(await byLink.page.locator('#sessions > li').count()).toBe(1);

      const asking = await later(byLink, at(WIFI));
      await asking.page.goto('/auth/sign-in');
      await asking.page.getByRole('button', { name: 'Use another account' }).click();
      await asking.page.getByLabel('Email address').fill(email);
      await asking.page.keyboard.press('Enter');
      await stateOf(asking.page, 'sent');
      await asking.moveTo(address);
      await asking.page
        .getByLabel('Six-digit code')
        .fill((await stage.service.mailTo(email, 3)).code);
      await asking.page.keyboard.press('Enter');
      await stateOf(asking.page, 'account');

      expect(stage.service.countMailsTo(email)).toBe(3);
      expect(await countsAgainst()).toEqual(before);
    });
  });

  it('O2 sees where a session was opened and where it is now', async () => {
    const ada = await stage.visitor(at(WIFI));
    await ada.signIn('moving@example.com');
    await ada.moveTo(MOBILE);
    const card = ada.page.locator('#sessions > li');
    await ada.page.reload();
    await stateOf(ada.page, 'account');
    const text = await card.innerText();
    expect(text).toMatch(new RegExp(`Signed in\\s[^\\n]*from ${WIFI}`));
    expect(text).toMatch(new RegExp(`Last active\\s[^\\n]*from ${MOBILE}`));
    await waitFor('the event', async () => {
      await ada.page.reload();
      await stateOf(ada.page, 'account');
      const activity = await ada.page.locator('#events').innerText();
      return activity.includes('Used from a new network') || undefined;
    });
  });

  it('O4 is one entry after signing in again in the same browser', async () => {
    const ada = await stage.visitor();
    await ada.signIn('again@example.com');
    const first = await ada.cookie('mira_session');
    await ada.askBesides('again@example.com');
    await ada.page.goto((await stage.service.mailTo('again@example.com', 2)).link);
    await confirm(ada.page);
    expect(await ada.page.locator('#sessions > li').count()).toBe(1);

    const { url } = stage.service;
    await ada.context.addCookies([{ name: 'mira_session', value: first ?? '', url }]);
    await ada.page.reload();
    await stateOf(ada.page, 'signed-out');
  });

  it('O4 takes the place of whoever was signed in in the same browser', async () => {
    const browser = await stage.visitor();
    await browser.signIn('before@example.com');
    const first = await browser.cookie('mira_session');
    await browser.askBesides('after@example.com');
    await browser.page.goto((await stage.service.mailTo('after@example.com')).link);
    await confirm(browser.page);
    expect(await browser.page.locator('#signed-in-as').innerText()).toContain('after@');

    const { url } = stage.service;
    await browser.context.addCookies([{ name: 'mira_session', value: first ?? '', url }]);
    await browser.page.reload();
    const refusal = await stateOf(browser.page, 'signed-out');
    expect(await refusal.innerText()).toContain('Your session was ended.');
  });

  it('O5 signs out from where the session does not work', async () => {
    const email = 'leaving@example.com';
    const ada = await stage.visitor();
    await ada.signIn(email);
    // Another browser, which has the session but not the device's secret.
    const other = await stage.visitor(await ada.profile('mira_session'));
    await other.page.goto('/auth/account');
    const refusal = await stateOf(other.page, 'elsewhere');
    expect(await refusal.innerText()).not.toContain('signed out');
    await refusal.getByRole('button', { name: 'Sign out' }).click();
    await stateOf(other.page, 'signed-out');
    expect(await other.cookie('mira_session')).toBeUndefined();

    await ada.page.reload();
    const ended = await stateOf(ada.page, 'signed-out');
    expect(await ended.innerText()).toContain('Your session was ended.');
  });

  it('O5 signs out in another network, and the session is over', async () => {
    const ada = await stage.visitor(at(WIFI));
    await ada.signIn('roaming@example.com');
    const session = await ada.cookie('mira_session');
    await ada.moveTo(MOBILE);
    await ada.page.getByRole('button', { name: 'Sign out' }).click();
    await stateOf(ada.page, 'signed-out');
    expect(await ada.cookie('mira_session')).toBeUndefined();

    await ada.moveTo(WIFI);
    const { url } = stage.service;
    await ada.context.addCookies([{ name: 'mira_session', value: session ?? '', url }]);
    await ada.page.reload();
    const refusal = await stateOf(ada.page, 'signed-out');
    expect(await refusal.innerText()).toContain('Your session was ended.');
  });

  it('O6 lets a scanner that presses every button end nothing and silence nothing', async () => {
    const email = 'pressed@example.com';
    const ada = await stage.visitor(at(WIFI));
    await ada.signIn(email);
    const laptop = await stage.visitor({ ...at(WIFI), userAgent: FIREFOX });
    await laptop.signIn(email, { ordinal: 2 });
    const notice = await stage.service.newSignInMailTo(email);
    await ada.askBesides(email);
    const mail = await stage.service.mailTo(email, 3);

    const scanner = await stage.visitor({ ...at(DATA_CENTRE), userAgent: SAFARI });
    const seen = new Set<string>();
    const addresses = [...mail.links, ...notice.links].filter((url) => !url.endsWith('/sign-in'));
    for (const address of addresses) {
      for (const state of await pressEveryButton(scanner, address)) seen.add(state);
    }
    expect([...seen].sort()).toEqual(
      expect.arrayContaining(['ask', 'ask-sign-in', 'elsewhere', 'signed-out']),
    );
    expect(seen).not.toContain('done');
    expect(seen).not.toContain('undone');

    for (const { page } of [ada, laptop]) {
      await page.reload();
      await stateOf(page, 'account');
    }
    await ada.askBesides(email);
    await stage.service.mailTo(email, 4);
    await ada.page.goto(mail.link);
    await confirm(ada.page);
    const [counted] = await stage.service.sql(
      `SELECT (SELECT count(*) FROM mail_pauses)::int AS pauses,
              (SELECT count(*) FROM security_events WHERE type = 'magic_link.reported')::int AS reports`,
    );
    expect(counted).toEqual({ pauses: 0, reports: 0 });
  });
});
