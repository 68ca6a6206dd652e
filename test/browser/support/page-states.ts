import type { Page } from 'playwright-core';

import { FIREFOX, SAFARI } from '../../support/http/user-agents';
import type { Stage } from './stage';
import { confirm, stateOf, type Visitor } from './visitor';

/** Brings a page into a state, on a stage where nobody has been yet with this address. */
type Arrange = (stage: Stage, email: string) => Promise<Page>;

const arriveAt =
  (path: string, state: string): Arrange =>
  async (stage) => {
    const { page } = await stage.visitor();
    await page.goto(path);
    await stateOf(page, state);
    return page;
  };

const askForLink = async (stage: Stage, email: string): Promise<Visitor> => {
  const visitor = await stage.visitor();
  await visitor.askForLink(email);
  return visitor;
};

const signedIn = async (stage: Stage, email: string): Promise<Visitor> => {
  const visitor = await stage.visitor();
  await visitor.signIn(email);
  return visitor;
};

/** Asks for a link in the same browser, beside its pages, and returns it. */
const mailedTo = async (stage: Stage, visitor: Visitor, email: string): Promise<string> => {
  await visitor.askBesides(email);
  return (await stage.service.mailTo(email)).link;
};

/** Loses the connection for some requests. */
const disconnect = async (visitor: Visitor, path: string): Promise<void> => {
  visitor.expectComplaint('net::ERR_FAILED');
  await visitor.page.route(path, (route) => route.abort());
};

/** @param agents of the browsers in which the person is signed in as well, remembered in the first. */
const showAccount =
  (...agents: readonly string[]): Arrange =>
  async (stage, email) => {
    for (const [index, userAgent] of agents.entries()) {
      const other = await stage.visitor({ userAgent });
      await other.signIn(email, { ordinal: index + 1, remember: index === 0 });
    }
    const visitor = await stage.visitor();
    await visitor.signIn(email, { ordinal: agents.length + 1 });
    return visitor.page;
  };

/** Opens the link of a mail in a browser where somebody else is signed in. */
const askToSwitch: Arrange = async (stage, email) => {
  const visitor = await stage.visitor();
  await visitor.signIn(`before-${email}`);
  await visitor.page.getByRole('button', { name: 'Sign out' }).waitFor();
  await visitor.page.goto('/auth/sign-in');
  await visitor.page.getByRole('button', { name: 'Use another account' }).click();
  await visitor.page.getByLabel('Email address').fill(email);
  await visitor.page.keyboard.press('Enter');
  await stateOf(visitor.page, 'sent');
  await visitor.page.goto((await stage.service.mailTo(email)).link);
  await stateOf(visitor.page, 'confirm');
  return visitor.page;
};

const openReport: Arrange = async (stage, email) => {
  const { page } = await askForLink(stage, email);
  await page.goto((await stage.service.mailTo(email)).reportLink);
  await stateOf(page, 'ask');
  return page;
};

const choose = async (page: Page, label: string): Promise<void> => {
  await page.getByLabel(label).check();
  await page.locator('[data-effects]:visible').waitFor();
};

const report =
  (label: string): Arrange =>
  async (stage, email) => {
    const page = await openReport(stage, email);
    await choose(page, label);
    await page.getByRole('button', { name: 'Send' }).click();
    await stateOf(page, 'done');
    return page;
  };

/** Opens the report of a mail about a sign-in on a device that is new to the account. */
const openSignInReport: Arrange = async (stage, email) => {
  await (await stage.visitor()).signIn(email);
  await (await stage.visitor({ userAgent: FIREFOX })).signIn(email, { ordinal: 2 });
  const { page } = await stage.visitor();
  await page.goto((await stage.service.newSignInMailTo(email)).reportLink);
  await stateOf(page, 'ask-sign-in');
  return page;
};

/** Every state that a page can be in, by its name. */
export const PAGE_STATES = {
  'sign-in': arriveAt('/auth/sign-in', 'address'),

  'sign-in: signed in already': async (stage, email) => {
    const visitor = await signedIn(stage, email);
    await visitor.page.goto('/auth/sign-in');
    await stateOf(visitor.page, 'signed-in');
    return visitor.page;
  },

  'sign-in: as somebody else': async (stage, email) => {
    const visitor = await signedIn(stage, email);
    await visitor.page.goto('/auth/sign-in');
    await visitor.page.getByRole('button', { name: 'Use another account' }).click();
    await stateOf(visitor.page, 'address');
    return visitor.page;
  },

  'sign-in: a wrong address': async (stage) => {
    const page = await arriveAt('/auth/sign-in', 'address')(stage, '');
    await page.getByLabel('Email address').press('Enter');
    await page.locator('#address-problem:not(:empty)').waitFor();
    return page;
  },

  sent: async (stage, email) => (await askForLink(stage, email)).page,

  'sent: a wrong code': async (stage, email) => {
    const { page } = await askForLink(stage, email);
    await page.getByLabel('Six-digit code').press('Enter');
    await page.locator('#code-problem:not(:empty)').waitFor();
    await page.getByRole('button', { name: 'Send another email' }).click();
    await page.locator('#status:not(:empty)').waitFor();
    return page;
  },

  'sent: signed in in another tab': async (stage, email) => {
    const { page } = await askForLink(stage, email);
    const news = { kind: 'signed-in', sessionId: 'another', address: email };
    await page.evaluate(`new BroadcastChannel('mira-auth').postMessage(${JSON.stringify(news)})`);
    await stateOf(page, 'signed-in');
    return page;
  },

  link: async (stage, email) => {
    const { page } = await askForLink(stage, email);
    await page.goto((await stage.service.mailTo(email)).link);
    await stateOf(page, 'confirm');
    return page;
  },

  'link-elsewhere': async (stage, email) => {
    await askForLink(stage, email);
    const { page } = await stage.visitor();
    await page.goto((await stage.service.mailTo(email)).link);
    await stateOf(page, 'elsewhere');
    return page;
  },

  'link-switch': askToSwitch,

  'link-network': async (stage, email) => {
    // Asked for without a device's secret, so that the network counts.
    const visitor = await stage.visitor();
    await visitor.page.goto('/auth/sign-in');
    await stage.service.askForLink(email, {
      'User-Agent': await visitor.page.evaluate<string>('navigator.userAgent'),
      'X-Forwarded-For': '203.0.113.7',
    });
    await visitor.page.goto((await stage.service.mailTo(email)).link);
    await stateOf(visitor.page, 'other-network');
    return visitor.page;
  },

  'link: used, signed in': async (stage, email) => {
    const { page } = await signedIn(stage, email);
    await page.goto((await stage.service.mailTo(email)).link);
    await stateOf(page, 'failed');
    return page;
  },

  'link: of no use': arriveAt('/auth/link#token=nonsense', 'failed'),

  'link: missing': arriveAt('/auth/link', 'missing'),

  'link: no connection': async (stage, email) => {
    const visitor = await askForLink(stage, email);
    await disconnect(visitor, '**/inspect');
    await visitor.page.goto((await stage.service.mailTo(email)).link);
    await stateOf(visitor.page, 'interrupted');
    return visitor.page;
  },

  account: showAccount(FIREFOX, SAFARI),

  'account: a session was ended': async (stage, email) => {
    const page = await showAccount(FIREFOX)(stage, email);
    await page.getByRole('button', { name: 'End all other sessions' }).click();
    await page.locator('#status:not(:empty)').waitFor();
    return page;
  },

  'account: signed out': arriveAt('/auth/account', 'signed-out'),

  'account-elsewhere': async (stage, email) => {
    const owner = await stage.visitor();
    await owner.signIn(email);
    // Another browser that has got hold of the session, but not of the device's secret.
    const { page } = await stage.visitor(await owner.profile('mira_session'));
    await page.goto('/auth/account');
    await stateOf(page, 'elsewhere');
    return page;
  },

  'account-switched': async (stage, email) => {
    const visitor = await stage.visitor();
    await visitor.signIn(`before-${email}`);
    const tab = await visitor.openTab('about:blank');
    await tab.goto(await mailedTo(stage, visitor, email));
    await confirm(tab);
    await stateOf(visitor.page, 'switched');
    return visitor.page;
  },

  'account: no connection': async (stage) => {
    const visitor = await stage.visitor();
    await disconnect(visitor, '**/auth/session');
    await visitor.page.goto('/auth/account');
    await stateOf(visitor.page, 'failed');
    return visitor.page;
  },

  report: openReport,

  'report: nothing chosen': async (stage, email) => {
    const page = await openReport(stage, email);
    await page.getByRole('button', { name: 'Send' }).click();
    await page.locator('#mail-statement-problem:not(:empty)').waitFor();
    return page;
  },

  'report-chosen': async (stage, email) => {
    const page = await openReport(stage, email);
    await choose(page, 'I didn’t ask for this email');
    return page;
  },

  'report: the code was asked for': async (stage, email) => {
    const page = await openReport(stage, email);
    await choose(page, 'Somebody asked me for the code or the link');
    return page;
  },

  'report: on the device that asked': async (stage, email) => {
    const { page } = await askForLink(stage, email);
    await page.goto((await stage.service.mailTo(email)).link);
    await (await stateOf(page, 'confirm')).getByRole('button', { name: 'It wasn’t me' }).click();
    await stateOf(page, 'ask');
    await choose(page, 'I didn’t ask for this email');
    return page;
  },

  'report-done': report('I didn’t ask for this email'),

  'report: undone': async (stage, email) => {
    const page = await report('Somebody asked me for the code or the link')(stage, email);
    await page.getByRole('button', { name: 'Undo' }).click();
    await stateOf(page, 'undone');
    return page;
  },

  'report-sign-in': openSignInReport,

  'report: of a sign-in, done': async (stage, email) => {
    const page = await openSignInReport(stage, email);
    await choose(page, 'I didn’t sign in there');
    await page.getByRole('button', { name: 'Send' }).click();
    await stateOf(page, 'done');
    return page;
  },

  'report: of no use': async (stage) => {
    const page = await arriveAt('/auth/link/report#report=nonsense', 'ask')(stage, '');
    await choose(page, 'I didn’t ask for this email');
    await page.getByRole('button', { name: 'Send' }).click();
    await stateOf(page, 'failed');
    return page;
  },

  'report: missing': arriveAt('/auth/link/report', 'missing'),

  mailbox: async (stage, email) => {
    const { page } = await askForLink(stage, email);
    await stage.service.mailTo(email);
    await page.goto('/dev/mailbox');
    return page;
  },

  mail: async (stage, email) => {
    const { page } = await askForLink(stage, email);
    await page.goto((await stage.service.mailTo(email)).path);
    await page.frameLocator('iframe').getByRole('link').first().waitFor();
    return page;
  },
} satisfies Record<string, Arrange>;
