import { randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { pathToFileURL } from 'node:url';

import { buildOf, entryOf, productModuleOf } from './lib/product-files.mjs';
import { atEnd } from './lib/disposal.mjs';
import { Progress } from './lib/progress.mjs';
import { medianRatio, middle, runRounds, withProcessorTime } from './lib/rounds.mjs';
import { openRun } from './lib/run.mjs';
import { runFullLoad } from './load/generator.mjs';
import { bearer } from './load/requests.mjs';
import { ratio, whole } from './report/section.mjs';
import { tableAsText } from './report/text.mjs';
import { productSignIn } from './suites/shared/product-sign-in.mjs';
import { signInContenders } from './suites/shared/sign-in-load.mjs';

const CONNECTIONS = 32;
const SESSIONS = 100;

/**
 * What is used of a checkout's `openProduct`. It is all that two checkouts have to agree on, beside
 * the public routes and the table of links: each starts its own servers, by its own code, from its
 * own build.
 *
 * @typedef {Pick<import('./lib/product.mjs').Product, 'start' | 'openSessions' | 'linkToken'>} Side
 */

/**
 * Measures this checkout and another one in turns, in one run on one PostgreSQL, and prints the
 * ratios.
 *
 * @param {string} folder the other checkout, installed and built
 * @param {{ quick: boolean, rounds: number | undefined, dist: string }} settings
 */
export async function compareWith(folder, { quick, rounds: wanted, dist }) {
  const other = resolve(folder);
  const otherDist = buildOf(other);
  for (const file of [entryOf(otherDist), productModuleOf(other)]) {
    if (!existsSync(file)) throw new Error(`not a built checkout of MIRA Auth: no ${file}`);
  }
  const plan = quick
    ? { rounds: wanted ?? 5, warmUpSeconds: 2, seconds: 2 }
    : { rounds: wanted ?? 10, warmUpSeconds: 10, seconds: 6 };
  const figures = 4 * 2;
  const progress = new Progress(
    15 + figures * 1.2 * (plan.warmUpSeconds + plan.rounds * plan.seconds),
  );
  const tell = (/** @type {string} */ text) => progress.step(text);
  const run = await openRun({ quick, rounds: wanted, dist, tell });
  const { openProduct } = await import(pathToFileURL(productModuleOf(other)).href);
  /** @type {Side} */
  const otherProduct = await openProduct(otherDist, run.postgres);

  const ours = await contendersOf(run, 'this', run.product, dist);
  const theirs = await contendersOf(run, 'other', otherProduct, otherDist);
  // Each figure by the one right after the other.
  const contenders = ours.flatMap((own, figure) => [own, ...theirs.slice(figure, figure + 1)]);
  const results = await runRounds(contenders, plan, tell);
  console.log(
    tableAsText({
      title: `This checkout / ${other}, medians of ${plan.rounds} rounds`,
      head: ['', 'this /s', 'other /s', 'ratio', 'this CPU µs', 'other CPU µs', 'ratio'],
      rows: ours.map(({ figure }) => {
        const own = results[`${figure}, this`];
        const its = results[`${figure}, other`];
        return [
          figure,
          whole(middle(own?.perSecond)),
          whole(middle(its?.perSecond)),
          ratio(medianRatio(own?.perSecond, its?.perSecond)),
          whole(middle(own?.cpu)),
          whole(middle(its?.cpu)),
          ratio(medianRatio(own?.cpu, its?.cpu)),
        ];
      }),
    }),
  );
}

/**
 * @param {import('./lib/run.mjs').Run} run
 * @param {string} side
 * @param {Side} product
 * @param {string} dist
 */
async function contendersOf(run, side, product, dist) {
  const database = await run.postgres.createDatabase(
    `${side}_${randomBytes(4).toString('hex')}`,
    dist,
  );
  const tokens = await product.openSessions(database, SESSIONS);
  const file = await run.requestFile(tokens.map((token, n) => bearer('/resource', token, n)));
  const warm = await product.start(database);
  const cold = await product.start(database, { session: { cacheEntries: 0 } });
  // Only the checkout that has started them would know of them.
  for (const server of [warm, cold]) atEnd(server.stop);
  /** @param {string} figure @param {import('./lib/server-process.mjs').ServerProcess} server */
  const guard = (figure, server) => ({
    figure,
    name: `${figure}, ${side}`,
    run: (/** @type {number} */ seconds) =>
      withProcessorTime(server, () =>
        runFullLoad({ url: server.url, file, once: false, connections: CONNECTIONS, seconds }),
      ),
  });
  const signIn = signInContenders(productSignIn(product, database, warm), run);
  return [
    guard('guard, cache warm', warm),
    guard('guard, cache off', cold),
    ...signIn.map(({ name, run: load }) => {
      const figure = name.endsWith('requests') ? 'link requests' : 'verifications';
      return { figure, name: `${figure}, ${side}`, run: load };
    }),
  ];
}
