import type { Page } from 'playwright-core';

import { FIREFOX, SAFARI } from '../../support/http/user-agents';
import type { Stage } from './stage';
import { stateOf, type Visitor } from './visitor';

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

const openReport: Arrange = async (stage, email) => {
  const { page } = await askForLink(stage, email);
  await page.goto((await stage.service.mailTo(email)).reportLink);
  await stateOf(page, 'ask');
  return page;
};

/** Every state that a page can be in, by its name. */
export const PAGE_STATES = {
  'sign-in': arriveAt('/auth/sign-in', 'address'),

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
    await page.getByRole('button', { name: 'Send another mail' }).click();
    await page.locator('#status:not(:empty)').waitFor();
    return page;
  },

  'sent: signed in in another tab': async (stage, email) => {
    const { page } = await askForLink(stage, email);
    await page.evaluate('new BroadcastChannel("mira-auth").postMessage("signed-in")');
    await stateOf(page, 'elsewhere');
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

  'account: no connection': async (stage) => {
    const visitor = await stage.visitor();
    await disconnect(visitor, '**/auth/session');
    await visitor.page.goto('/auth/account');
    await stateOf(visitor.page, 'failed');
    return visitor.page;
  },

  report: openReport,

  'report: done': async (stage, email) => {
    const page = await openReport(stage, email);
    await page.getByRole('button', { name: 'It was not me' }).click();
    await stateOf(page, 'done');
    return page;
  },

  'report: of no use': async (stage) => {
    const page = await arriveAt('/auth/link/report#report=nonsense', 'ask')(stage, '');
    await page.getByRole('button', { name: 'It was not me' }).click();
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
