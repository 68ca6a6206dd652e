import { APPLICATION } from './support/browser-service';
import { useStage } from './support/use-stage';
import { confirm, stateOf, type Visitor } from './support/visitor';

describe('signing in with a browser', () => {
  const stage = useStage();

  const textOf = async (visitor: Visitor, selector: string): Promise<string> =>
    visitor.page.locator(selector).innerText();

  it('works by the link of the mail, opened in another tab', async () => {
    const ada = await stage.visitor();
    await ada.askForLink('ada@example.com');
    expect(await textOf(ada, '#sent-to')).toContain('ada@example.com');

    const tab = await ada.openTab((await stage.service.mailTo('ada@example.com')).link);
    const question = await stateOf(tab, 'confirm');
    expect(await question.innerText()).toContain('You will be signed in as ada@example.com.');
    expect(await question.locator('.facts').innerText()).toMatch(
      /Chrom.* on Linux[^]*127\.0\.0\.1/,
    );
    await confirm(tab);
    expect(new URL(tab.url()).pathname).toBe('/auth/account');
    expect(await tab.locator('#signed-in-as').innerText()).toContain('ada@example.com');
    const sessions = tab.locator('#sessions > li');
    expect(await sessions.count()).toBe(1);
    expect(await sessions.innerText()).toContain('This device');

    // The tab that asked learns of it.
    await stateOf(ada.page, 'signed-in');
    expect(await textOf(ada, 'main')).toContain('You signed in in another tab.');
  });

  it('B8 opens no session by the link alone, before its button is pressed', async () => {
    const ada = await stage.visitor();
    await ada.askForLink('unpressed@example.com');
    await ada.page.goto((await stage.service.mailTo('unpressed@example.com')).link);
    await stateOf(ada.page, 'confirm');
    await ada.page.reload();
    expect(await ada.cookie('mira_session')).toBeUndefined();
    await ada.page.goto('/auth/account');
    await stateOf(ada.page, 'signed-out');
  });

  it('works by the code when the mail is read in another browser', async () => {
    const ada = await stage.visitor();
    await ada.askForLink('code@example.com');
    const { link, code } = await stage.service.mailTo('code@example.com');

    const phone = await stage.visitor();
    await phone.page.goto(link);
    const advice = await (await stateOf(phone.page, 'elsewhere')).innerText();
    expect(advice).toContain('Finish signing in where you started');
    expect(advice).toContain('Type in the code');
    expect(advice).toContain('for the account c…@example.com');
    expect(advice).not.toContain('code@example.com');
    expect(await phone.cookie('mira_session')).toBeUndefined();

    const field = ada.page.getByLabel('Six-digit code');
    await field.fill(code === '000000' ? '000001' : '000000');
    await field.press('Enter');
    await ada.page.getByText('This code doesn’t work.').waitFor();
    expect(await ada.page.locator(':focus').getAttribute('id')).toBe('code');
    await field.fill(`${code.slice(0, 3)} ${code.slice(3)}`);
    await field.press('Enter');
    await stateOf(ada.page, 'account');
    expect(await textOf(ada, '#signed-in-as')).toContain('code@example.com');
  });

  it('remembers a device that is asked to be remembered', async () => {
    const ada = await stage.visitor();
    await ada.signIn('remembered@example.com', { remember: true });
    expect(await textOf(ada, '#sessions > li')).toContain('Remembered');
  });

  it('finds the sent mail again after a reload', async () => {
    const ada = await stage.visitor();
    await ada.askForLink('reload@example.com');
    await ada.page.reload();
    await stateOf(ada.page, 'sent');
    expect(await textOf(ada, '#sent-to')).toContain('reload@example.com');
  });

  it('counts down before it sends another mail, and both mails work', async () => {
    const ada = await stage.visitor();
    await ada.page.clock.install();
    await ada.askForLink('again@example.com');
    const { code } = await stage.service.mailTo('again@example.com');
    expect(await textOf(ada, '#resend-wait')).toMatch(/^Possible in \d+ seconds/);
    const resend = ada.page.getByRole('button', { name: 'Send another email' });
    await resend.click();
    expect(await textOf(ada, '#status')).toMatch(/^Possible in/);

    await ada.page.clock.runFor(31_000);
    expect(await textOf(ada, '#resend-wait')).toBe('');
    await resend.click();
    await ada.page.getByText('Any of the emails works.').waitFor();
    const second = await stage.service.mailTo('again@example.com', 2);
    await stateOf(await ada.openTab(second.link), 'confirm');
    await ada.page.getByLabel('Six-digit code').fill(code);
    await ada.page.keyboard.press('Enter');
    await stateOf(ada.page, 'account');
  });

  it('sends somebody who has changed networks to a new mail, and keeps where they were going', async () => {
    const ada = await stage.visitor();
    await ada.page.goto('/auth/sign-in');
    // Asked for without a device's secret, so that the network counts.
    const headers = {
      'User-Agent': await ada.page.evaluate<string>('navigator.userAgent'),
      'X-Forwarded-For': '203.0.113.7',
    };
    await stage.service.askForLink('moved@example.com', headers, APPLICATION);
    await ada.page.goto((await stage.service.mailTo('moved@example.com')).link);
    const advice = await stateOf(ada.page, 'other-network');
    expect(await advice.innerText()).toContain('You are in another network');
    expect(await advice.innerText()).toContain('for the account m…@example.com');
    await advice.getByRole('link', { name: 'Ask for a new email here' }).click();
    await stateOf(ada.page, 'address');
    await ada.page.getByLabel('Email address').fill('moved@example.com');
    await ada.page.keyboard.press('Enter');
    await stateOf(ada.page, 'sent');
    const { link } = await stage.service.mailTo('moved@example.com', 2);
    await ada.page.route(APPLICATION, (route) => route.fulfill({ body: 'Inbox' }));
    await ada.page.goto(link);
    await ada.page.getByRole('button', { name: 'Sign in' }).click();
    await ada.page.waitForURL(APPLICATION);
  });

  it('keeps where somebody was going when the link is of no use any more', async () => {
    const ada = await stage.visitor();
    const query = new URLSearchParams({ redirect_to: APPLICATION }).toString();
    await ada.page.goto(`/auth/sign-in?${query}`);
    await ada.page.getByLabel('Email address').fill('going@example.com');
    await ada.page.keyboard.press('Enter');
    await stateOf(ada.page, 'sent');
    const { link, linkId } = await stage.service.mailTo('going@example.com');
    await stage.service.sql('UPDATE magic_links SET expires_at = now() WHERE id = $1', [linkId]);
    await ada.page.goto(link);
    const refusal = await stateOf(ada.page, 'failed');
    await refusal.getByRole('link', { name: 'Ask for a new link' }).click();
    await stateOf(ada.page, 'address');
    expect(ada.page.url()).toBe(`${stage.service.url}/auth/sign-in?${query}`);
  });

  it('is offered to nobody who is signed in, unless they want another account', async () => {
    const ada = await stage.visitor();
    await ada.signIn('already@example.com');
    const wayOn = ada.page.getByRole('link', { name: 'Continue' });
    for (const [target, leadsTo] of [
      [undefined, '/auth/account'],
      [APPLICATION, APPLICATION],
      ['https://evil.example/', '/auth/account'],
    ] as const) {
      const query = new URLSearchParams(target === undefined ? {} : { redirect_to: target });
      await ada.page.goto(`/auth/sign-in?${query.toString()}`);
      expect(await (await stateOf(ada.page, 'signed-in')).innerText()).toContain(
        'You are signed in as already@example.com.',
      );
      expect(await wayOn.getAttribute('href')).toBe(leadsTo);
    }
    await ada.page.getByRole('button', { name: 'Use another account' }).click();
    expect(await (await stateOf(ada.page, 'address')).innerText()).toContain(
      'You stay signed in as already@example.com until',
    );
  });

  it('asks before it switches accounts, and switches then', async () => {
    const ada = await stage.visitor();
    await ada.signIn('first@example.com');
    await ada.askBesides('second@example.com');
    await ada.page.goto((await stage.service.mailTo('second@example.com')).link);
    const question = await stateOf(ada.page, 'confirm');
    expect(await question.innerText()).toContain(
      'You are signed in as first@example.com. Switch to second@example.com?',
    );
    expect(await question.getByRole('button', { name: 'Sign in' }).count()).toBe(0);
    await question.getByRole('button', { name: 'Switch account' }).click();
    await stateOf(ada.page, 'account');
    expect(await textOf(ada, '#signed-in-as')).toContain('second@example.com');
  });

  it('works by a link of the account that is signed in already', async () => {
    const ada = await stage.visitor();
    await ada.signIn('twice@example.com');
    await ada.askBesides('twice@example.com');
    await ada.page.goto((await stage.service.mailTo('twice@example.com', 2)).link);
    await confirm(ada.page);
    expect(await ada.page.locator('#sessions > li').count()).toBe(1);
  });

  it('says so when an address cannot receive mail', async () => {
    const ada = await stage.visitor();
    await ada.page.goto('/auth/sign-in');
    const field = ada.page.getByLabel('Email address');
    for (const address of ['', 'ada', 'ada@@example.com']) {
      await field.fill(address);
      await ada.page.getByRole('button', { name: 'Send me a link' }).click();
      await ada.page.getByText('Type in an email address that can receive mail').waitFor();
      expect(await field.getAttribute('aria-invalid')).toBe('true');
    }
  });

  it('says so when a link has expired, and offers another', async () => {
    const ada = await stage.visitor();
    await ada.askForLink('expired@example.com');
    const { link, linkId } = await stage.service.mailTo('expired@example.com');
    await stage.service.sql('UPDATE magic_links SET expires_at = now() WHERE id = $1', [linkId]);
    await ada.page.goto(link);
    const refusal = await stateOf(ada.page, 'failed');
    expect(await refusal.innerText()).toContain('The link has expired.');
    await refusal.getByRole('link', { name: 'Ask for a new link' }).click();
    await stateOf(ada.page, 'address');
  });

  it('says so when a link expires while its page is open', async () => {
    const ada = await stage.visitor();
    await ada.askForLink('slow@example.com');
    const { link, linkId } = await stage.service.mailTo('slow@example.com');
    await ada.page.goto(link);
    const question = await stateOf(ada.page, 'confirm');
    await stage.service.sql('UPDATE magic_links SET expires_at = now() WHERE id = $1', [linkId]);
    await question.getByRole('button', { name: 'Sign in' }).click();
    expect(await (await stateOf(ada.page, 'failed')).innerText()).toContain('has expired');
  });

  it('says so when a link has been used', async () => {
    const ada = await stage.visitor();
    await ada.signIn('used@example.com');
    const { link } = await stage.service.mailTo('used@example.com');
    await ada.page.goto(link);
    const refusal = await stateOf(ada.page, 'failed');
    expect(await refusal.innerText()).toContain('This link no longer works');
    // Its owner is in already, and is told so.
    expect(await refusal.innerText()).toContain('You are signed in as used@example.com.');
    await refusal.getByRole('link', { name: 'Go to your account' }).click();
    await stateOf(ada.page, 'account');
  });

  it('says so when a link is not complete or not there', async () => {
    const ada = await stage.visitor();
    for (const [fragment, state] of [
      ['', 'missing'],
      ['#token=', 'missing'],
      ['#token=nonsense', 'failed'],
    ] as const) {
      await ada.page.goto('about:blank');
      await ada.page.goto(`/auth/link${fragment}`);
      await stateOf(ada.page, state);
    }
    await ada.page.goto('about:blank');
    await ada.page.goto('/auth/link');
    expect(await textOf(ada, 'main')).toContain('Type in the code from the same email');
  });

  it('works by a link that a mail program has encoded or added to', async () => {
    const ada = await stage.visitor();
    await ada.askForLink('rewritten@example.com');
    const { link } = await stage.service.mailTo('rewritten@example.com');
    for (const rewritten of [
      `${link}.`,
      `${link}&utm_source=mail`,
      `${link}%20`,
      link.replace('#token=', '#token%3D'),
    ]) {
      await ada.page.goto('about:blank');
      await ada.page.goto(rewritten);
      await stateOf(ada.page, 'confirm');
    }
  });

  it('goes on after the connection was lost for a moment', async () => {
    const ada = await stage.visitor();
    await ada.askForLink('offline@example.com');
    const { link } = await stage.service.mailTo('offline@example.com');
    ada.expectComplaint('net::ERR_FAILED');
    await ada.page.route('**/inspect', (route) => route.abort());
    await ada.page.goto(link);
    const interruption = await stateOf(ada.page, 'interrupted');
    expect(await interruption.innerText()).toContain('The service can’t be reached.');
    await ada.page.unroute('**/inspect');
    await interruption.getByRole('button', { name: 'Try again' }).click();
    await confirm(ada.page);
  });

  it('speaks German to those who prefer it', async () => {
    const ada = await stage.visitor({ locale: 'de-DE' });
    await ada.page.goto('/auth/sign-in');
    await ada.page.getByLabel('E-Mail-Adresse').waitFor();
    expect(await ada.page.locator('html').getAttribute('lang')).toBe('de');
  });

  it('says without JavaScript that it is needed', async () => {
    const ada = await stage.visitor({ javaScriptEnabled: false });
    for (const path of ['/auth/sign-in', '/auth/link', '/auth/account', '/auth/link/report']) {
      await ada.page.goto(path);
      expect((await ada.page.locator('main').innerText()).trim()).toMatch(/^This page needs Java/);
    }
  });
});
