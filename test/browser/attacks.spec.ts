import { FIREFOX } from '../support/http/user-agents';
import { useStage } from './support/use-stage';
import { confirm, stateOf } from './support/visitor';

/** How often a scanner looks at each address. */
const LOOKS = 20;

describe('a browser under attack', () => {
  const stage = useStage();

  it('R6 signs in after programs have fetched every link of the mail many times', async () => {
    const ada = await stage.visitor();
    await ada.askForLink('scanned@example.com');
    const mail = await stage.service.mailTo('scanned@example.com');
    expect(mail.links).toEqual(expect.arrayContaining([mail.link, mail.reportLink]));
    for (const link of mail.links) {
      for (const method of Array.from({ length: LOOKS }, () => ['GET', 'HEAD']).flat()) {
        expect((await fetch(link, { method })).status).toBe(200);
      }
    }
    await ada.page.goto(mail.link);
    await confirm(ada.page);
  });

  it('R6 signs in after a scanner has opened every link of the mail with its scripts', async () => {
    const ada = await stage.visitor();
    await ada.askForLink('sandboxed@example.com');
    const { link, links, reportLink } = await stage.service.mailTo('sandboxed@example.com');
    const scanner = await stage.visitor();
    for (const address of links) await scanner.page.goto(address, { waitUntil: 'networkidle' });
    await stateOf(await scanner.openTab(link), 'elsewhere');
    await stateOf(await scanner.openTab(reportLink), 'ask');
    await ada.page.goto(link);
    await confirm(ada.page);
  });

  it('B3 never adopts a session that was planted', async () => {
    const mallory = await stage.visitor();
    await mallory.signIn('mallory@example.com');
    const planted = (await mallory.cookie('mira_session')) ?? '';

    const ada = await stage.visitor();
    await ada.context.addCookies([
      { name: 'mira_session', value: planted, url: stage.service.url },
    ]);
    await ada.signIn('planted@example.com');
    const own = await ada.cookie('mira_session');
    expect(own).not.toBe(planted);
    expect(await ada.page.locator('#signed-in-as').innerText()).toContain('planted@example.com');

    // Like any session that a sign-in finds in the browser, it has been replaced.
    await mallory.page.reload();
    await stateOf(mallory.page, 'signed-out');
  });

  it('keeps its cookies from scripts', async () => {
    const ada = await stage.visitor();
    await ada.signIn('cookies@example.com');
    expect(await ada.page.evaluate('document.cookie')).toBe('');
    const cookies = await ada.context.cookies();
    expect(cookies.map(({ name }) => name).sort()).toEqual([
      'mira_device',
      'mira_devices',
      'mira_session',
    ]);
    for (const cookie of cookies) {
      expect(cookie).toMatchObject({ httpOnly: true, sameSite: 'Lax', path: '/' });
    }

    const stored = 'JSON.stringify([{ ...localStorage }, { ...sessionStorage }])';
    expect(await ada.page.evaluate(stored)).toBe('[{},{}]');
  });

  it('B7 sends the token to nobody but the two requests that need it', async () => {
    const ada = await stage.visitor();
    await ada.askForLink('referer@example.com');
    const { link } = await stage.service.mailTo('referer@example.com');
    const token = link.split('#token=')[1] ?? '';

    const tab = await ada.context.newPage();
    const requests: Promise<{ path: string; head: string; body: string }>[] = [];
    tab.on('request', (request) => {
      const { pathname } = new URL(request.url());
      requests.push(
        request.allHeaders().then((headers) => ({
          path: pathname,
          head: JSON.stringify([request.url().split('#')[0], headers]),
          body: request.postData() ?? '',
        })),
      );
    });
    await tab.goto(link);
    await confirm(tab);
    const sent = await Promise.all(requests);
    expect(sent.map(({ path }) => path)).toEqual(
      expect.arrayContaining(['/auth/link', '/auth/assets/pages.css', '/auth/account']),
    );
    expect(sent.filter(({ head }) => head.includes(token) || /"referer":/i.test(head))).toEqual([]);
    expect(sent.filter(({ body }) => body.includes(token)).map(({ path }) => path)).toEqual([
      '/auth/magic-link/inspect',
      '/auth/magic-link/verify',
    ]);
  });

  it.each(['link', 'reportLink'] as const)(
    'has the token out of address and history before anything else is there: %s',
    async (kind) => {
      const ada = await stage.visitor();
      const email = `history-${kind.toLowerCase()}@example.com`;
      await ada.askForLink(email);
      const address = (await stage.service.mailTo(email))[kind];
      const { pathname } = new URL(address);

      const tab = await ada.context.newPage();
      let release = (): void => undefined;
      const released = new Promise<void>((resolve) => (release = resolve));
      await tab.route(/\/auth\/assets\/(?!fragment\.js$)/, async (route) => {
        await released;
        await route.continue();
      });
      await tab.goto(address, { waitUntil: 'commit' });
      // By the navigation's event: asking again and again would need `eval`, which the page's
      // policy forbids.
      const clean = `${stage.service.url}${pathname}`;
      await tab.waitForURL(({ href }) => href === clean, { waitUntil: 'commit' });
      const loaded = 'performance.getEntriesByType("resource").map(({ name }) => name)';
      expect(await tab.evaluate(loaded)).toEqual([`${stage.service.url}/auth/assets/fragment.js`]);
      release();

      await stateOf(tab, kind === 'link' ? 'confirm' : 'ask');
      const visited = await tab.evaluate('navigation.entries().map(({ url }) => url)');
      expect(visited).toEqual([clean]);
      // Nothing keeps it for a reload.
      await tab.reload();
      await stateOf(tab, 'missing');
    },
  );

  it('opens a second link that is pasted into a tab in place of the first', async () => {
    const ada = await stage.visitor();
    await ada.askForLink('pasted@example.com');
    const { link } = await stage.service.mailTo('pasted@example.com');
    await ada.page.goto('/auth/link#token=nonsense');
    await stateOf(ada.page, 'failed');
    await ada.page.goto(link);
    await confirm(ada.page);
  });

  it('ends a session that its owner reports, from wherever the mail is read', async () => {
    const mallory = await stage.visitor();
    await mallory.signIn('reported@example.com');
    const { link, reportLink } = await stage.service.mailTo('reported@example.com');

    const ada = await stage.visitor();
    await ada.page.goto(reportLink);
    const question = await stateOf(ada.page, 'ask');
    await mallory.page.reload();
    await stateOf(mallory.page, 'account');
    await question.getByLabel('Somebody asked me for the code or the link').check();
    await question.getByRole('button', { name: 'Send' }).click();
    await stateOf(ada.page, 'done');

    await mallory.page.reload();
    const refusal = await stateOf(mallory.page, 'signed-out');
    expect(await refusal.innerText()).toContain('Your session was ended.');
    await mallory.page.goto(link);
    await stateOf(mallory.page, 'failed');
  });

  it('signs out a device whose sign-in its owner reports, and no other', async () => {
    const ada = await stage.visitor();
    await ada.signIn('not-me@example.com');
    const mallory = await stage.visitor({ userAgent: FIREFOX });
    await mallory.signIn('not-me@example.com', { ordinal: 2 });

    const phone = await stage.visitor();
    await phone.page.goto((await stage.service.newSignInMailTo('not-me@example.com')).reportLink);
    const question = await stateOf(phone.page, 'ask-sign-in');
    await question.getByLabel('I didn’t sign in there').check();
    await question.getByRole('button', { name: 'Send' }).click();
    await stateOf(phone.page, 'done');

    await mallory.page.reload();
    await stateOf(mallory.page, 'signed-out');
    await ada.page.reload();
    await stateOf(ada.page, 'account');
    expect(await ada.page.locator('#events').innerText()).toContain(
      'A session was ended: it was reported',
    );
  });

  it('takes back what can be taken back of a report, also another day', async () => {
    const email = 'undone@example.com';
    const ada = await stage.visitor();
    await ada.signIn(email);
    const { reportLink } = await stage.service.mailTo(email);
    const phone = await stage.visitor();
    const report = async (label: string): Promise<void> => {
      await phone.page.goto('about:blank');
      await phone.page.goto(reportLink);
      const question = await stateOf(phone.page, 'ask');
      await question.getByLabel(label).check();
      await question.getByRole('button', { name: 'Send' }).click();
    };
    await report('I didn’t ask for this email');
    await stateOf(phone.page, 'done');
    await phone.page.getByRole('button', { name: 'Undo' }).click();
    const undone = await (await stateOf(phone.page, 'undone')).innerText();
    expect(undone).toContain('What was ended stays ended');
    await report('I reported this by mistake, and want to undo that');
    await stateOf(phone.page, 'undone');
  });

  it('reports nothing before it is told what happened', async () => {
    const ada = await stage.visitor();
    await ada.askForLink('unsaid@example.com');
    await ada.page.goto((await stage.service.mailTo('unsaid@example.com')).reportLink);
    const question = await stateOf(ada.page, 'ask');
    expect(await question.getByRole('radio', { checked: true }).count()).toBe(0);
    const sent: string[] = [];
    ada.page.on('request', (request) => sent.push(request.url()));
    await question.getByRole('button', { name: 'Send' }).click();
    await ada.page.getByText('Choose what happened. Nothing has been sent.').waitFor();
    expect(await ada.page.locator(':focus').getAttribute('id')).toBe('not-requested');
    expect(sent).toEqual([]);
  });

  it('ends the link alone when its owner says on the device that asked that it was not them', async () => {
    const ada = await stage.visitor();
    await ada.signIn('own@example.com');
    await ada.askBesides('own@example.com');
    const { link } = await stage.service.mailTo('own@example.com', 2);
    await ada.page.goto(link);
    const question = await stateOf(ada.page, 'confirm');
    await question.getByRole('button', { name: 'It wasn’t me' }).click();
    const report = await stateOf(ada.page, 'ask');
    expect(ada.page.url()).toBe(`${stage.service.url}/auth/link/report`);
    await report.getByLabel('I didn’t ask for this email').check();
    expect(await report.innerText()).toContain('Nothing else happens');
    await report.getByRole('button', { name: 'Send' }).click();
    await stateOf(ada.page, 'done');

    await ada.page.goto(link);
    await stateOf(ada.page, 'failed');
    await ada.page.goto('/auth/account');
    await stateOf(ada.page, 'account');
    await ada.askBesides('own@example.com');
    await stage.service.mailTo('own@example.com', 3);
  });
});
