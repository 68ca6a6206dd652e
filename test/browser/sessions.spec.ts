import { useStage } from './support/use-stage';
import { stateOf, type Visitor } from './support/visitor';

describe('sessions in a browser', () => {
  const stage = useStage();

  /** Signs somebody in once more, in a browser of its own, and shows the account page. */
  const signIn = async (email: string, ordinal = 1): Promise<Visitor> => {
    const visitor = await stage.visitor();
    await visitor.askForLink(email);
    const { code } = await stage.service.mailTo(email, ordinal);
    await visitor.page.getByLabel('Six-digit code').fill(code);
    await visitor.page.keyboard.press('Enter');
    await stateOf(visitor.page, 'account');
    return visitor;
  };

  const expectSignedOut = async ({ page }: Visitor, words: string): Promise<void> => {
    await page.goto('/auth/account');
    expect(await (await stateOf(page, 'signed-out')).innerText()).toContain(words);
  };

  it('end by signing out, and the cookie is gone', async () => {
    const ada = await signIn('out@example.com');
    const cookie = await ada.cookie('mira_session');
    await ada.page.getByRole('button', { name: 'Sign out' }).click();
    const farewell = await stateOf(ada.page, 'signed-out');
    expect(await farewell.innerText()).toContain('You have signed out.');
    expect(await ada.cookie('mira_session')).toBeUndefined();
    await expectSignedOut(ada, 'Sign in to see your account.');

    // Whoever has kept the cookie has nothing.
    const { url } = stage.service;
    await ada.context.addCookies([{ name: 'mira_session', value: cookie ?? '', url }]);
    await expectSignedOut(ada, 'Your session was ended.');
  });

  it('can be ended from another browser, which is refused from then on', async () => {
    const laptop = await signIn('two@example.com');
    const phone = await signIn('two@example.com', 2);
    const others = phone.page.locator('#sessions > li[data-current=false]');
    expect(await others.count()).toBe(1);
    await others.getByRole('button', { name: /^End session/ }).click();
    await phone.page.getByText('The session has been ended.').waitFor();
    expect(await others.count()).toBe(0);
    expect(await phone.page.locator(':focus').getAttribute('id')).toBe('sessions-heading');

    // Signing out works with a session that has ended, too.
    await laptop.page.getByRole('button', { name: 'Sign out' }).click();
    const farewell = await stateOf(laptop.page, 'signed-out');
    expect(await farewell.innerText()).toContain('You have signed out.');
    await expectSignedOut(laptop, 'Sign in to see your account.');
    await phone.page.reload();
    await stateOf(phone.page, 'account');
  });

  it('can all be ended but the current one', async () => {
    const email = 'three@example.com';
    const first = await signIn(email);
    const second = await signIn(email, 2);
    const third = await signIn(email, 3);
    expect(await third.page.locator('#sessions > li').count()).toBe(3);
    const endOthers = third.page.getByRole('button', { name: 'End all other sessions' });
    await endOthers.click();
    await third.page.getByText('All other sessions have been ended.').waitFor();
    expect(await third.page.locator('#sessions > li').count()).toBe(1);
    expect(await endOthers.isVisible()).toBe(false);
    await expectSignedOut(first, 'Your session was ended.');
    await expectSignedOut(second, 'Your session was ended.');
  });

  it('leave a trail that their owner can read', async () => {
    const email = 'trail@example.com';
    const ada = await signIn(email);
    await ada.page.getByRole('button', { name: 'Sign out' }).click();
    await stateOf(ada.page, 'signed-out');
    await ada.page.getByRole('link', { name: 'Sign in' }).click();
    await ada.signIn(email, { ordinal: 2 });
    const activity = await ada.page.locator('#events > li > p:first-child').allInnerTexts();
    expect(activity).toEqual([
      'Signed in',
      'Sign-in link requested',
      'Signed out',
      'Signed in',
      'Account created',
      'Sign-in link requested',
    ]);
  });
});
