import { setTimeout as delay } from 'node:timers/promises';

import { demandSuccess } from '../../lib/rounds.mjs';
import { sendAll } from '../../load/generator.mjs';
import { productSignIn } from '../shared/product-sign-in.mjs';

const CONNECTIONS = 16;
const POLL_MS = 20;
/** No mail was asked for these people before. */
const FIRST_PERSON = 14_000_000;

/**
 * How fast the worker hands mails to a mailer that takes them at once.
 *
 * @param {import('../../lib/run.mjs').Run} run
 * @returns {Promise<number>} mails per second.
 */
export async function measureMailWorker(run) {
  const wanted = run.quick ? 1_000 : 20_000;
  const { product, postgres } = run;
  const database = await postgres.createDatabase('mail_worker', product.dist);
  const asked = await product.start(database);
  const { linkRequest } = productSignIn(product, database, asked);
  const requests = Array.from({ length: wanted }, (_, n) => linkRequest(FIRST_PERSON + n));
  const load = { url: asked.url, file: await run.requestFile(requests), connections: CONNECTIONS };
  demandSuccess('mail worker', await sendAll(load));
  await asked.stop();

  const server = await product.start(database, { mailWorker: true });
  const first = await waitForMails(server, 1);
  const last = await waitForMails(server, wanted);
  await server.stop();
  const perSecond = Math.round(((last.mails - first.mails) * 1_000) / (last.at - first.at));
  run.tell(`signin, mail worker: ${perSecond} mails/s`);
  return perSecond;
}

/**
 * @param {import('../../lib/server-process.mjs').ServerProcess} server
 * @param {number} least
 */
async function waitForMails(server, least) {
  for (;;) {
    const mails = await server.ask('mails');
    if (mails >= least) return { mails, at: performance.now() };
    await delay(POLL_MS);
  }
}
