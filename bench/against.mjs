import { randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { pathToFileURL } from 'node:url';

import { atEnd } from './lib/disposal.mjs';
import { buildOf, entryOf, productModuleOf } from './lib/product-files.mjs';
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
const FIGURES = ['guard, cache warm', 'guard, cache off', 'link requests', 'verifications'];

/**
 * One of two checkouts. What is used of its `openProduct` is all that they have to agree on, beside
 * the public routes and the table of links: each starts its own servers, by its own code, from its
 * own build.
 *
 * @typedef {object} Side
 * @property {string} side
 * @property {string} dist
 * @property {Pick<import('./lib/product.mjs').Product, 'start' | 'openSessions' | 'linkToken'>} product
 */

/**
 * Measures this checkout and another one in turns, in one run on one PostgreSQL, and prints the
 * ratios. Every round has processes and databases of its own: two processes of one build differ
 * by more than rounds of one process do.
 *
 * @param {string} folder the other checkout, installed and built
 * @param {{ quick: boolean, rounds: number | undefined, dist: string }} settings
 */
export async function compareWith(folder, { quick, rounds = quick ? 5 : 10, dist }) {
  const other = resolve(folder);
  const otherDist = buildOf(other);
  for (const file of [entryOf(otherDist), productModuleOf(other)]) {
    if (!existsSync(file)) throw new Error(`not a built checkout of MIRA Auth: no ${file}`);
  }

  const plan = quick ? { warmUpSeconds: 2, seconds: 2 } : { warmUpSeconds: 10, seconds: 6 };
  const roundSeconds = 8 + 2 * FIGURES.length * 1.2 * (plan.warmUpSeconds + plan.seconds);
  const progress = new Progress(5 + rounds * roundSeconds);
  const tell = (/** @type {string} */ text) => progress.step(text);
  const run = await openRun({ quick, rounds, dist, tell });
  const { openProduct } = await import(pathToFileURL(productModuleOf(other)).href);
  /** @type {Side[]} */
  const sides = [
    { side: 'this', product: run.product, dist },
    { side: 'other', product: await openProduct(otherDist, run.postgres), dist: otherDist },
  ];

  /** By round, of one each. @type {Record<string, import('./lib/rounds.mjs').Rounds>[]} */
  const results = [];
  for (let round = 1; round <= rounds; round += 1) {
    /** @type {Awaited<ReturnType<typeof startSide>>[]} */
    const started = [];
    for (const side of sides) started.push(await startSide(run, side));
    // A figure of one side right after the same of the other, and not always the same one first.
    const inTurns = FIGURES.flatMap((figure) =>
      started.flatMap(({ contenders }) => contenders.filter((own) => own.figure === figure)),
    );
    const tellRound = (/** @type {string} */ text) => tell(`round ${round} of ${rounds}: ${text}`);
    results.push(await runRounds(inTurns, { ...plan, rounds: 1 }, tellRound));
    for (const { stop } of started) await stop();
    sides.reverse();
  }
  console.log(tableAsText(tableOf(results, other)));
}

/**
 * @param {Record<string, import('./lib/rounds.mjs').Rounds>[]} results by round
 * @param {string} other
 */
function tableOf(results, other) {
  const of = (
    /** @type {string} */ figure,
    /** @type {string} */ side,
    /** @type {'perSecond' | 'cpu'} */ key,
  ) => results.flatMap((round) => round[nameOf(figure, side)]?.[key] ?? []);
  return {
    title: `This checkout / ${other}, medians of ${results.length} rounds`,
    head: ['', 'this /s', 'other /s', 'ratio', 'this CPU µs', 'other CPU µs', 'ratio'],
    rows: FIGURES.map((figure) => [
      figure,
      .../** @type {const} */ (['perSecond', 'cpu']).flatMap((key) => {
        const own = of(figure, 'this', key);
        const its = of(figure, 'other', key);
        return [whole(middle(own)), whole(middle(its)), ratio(medianRatio(own, its))];
      }),
    ]),
  };
}

/** @param {string} figure @param {string} side */
function nameOf(figure, side) {
  return `${figure}, ${side}`;
}

/**
 * Starts a side's servers on a new database, and prepares what they are sent.
 *
 * @param {import('./lib/run.mjs').Run} run
 * @param {Side} side
 */
async function startSide(run, { side, product, dist }) {
  const name = `${side}_${randomBytes(4).toString('hex')}`;
  const database = await run.postgres.createDatabase(name, dist);
  const tokens = await product.openSessions(database, SESSIONS);
  const file = await run.requestFile(tokens.map((token, n) => bearer('/resource', token, n)));
  const warm = await product.start(database);
  const cold = await product.start(database, { session: { cacheEntries: 0 } });
  const stop = async () => {
    for (const server of [warm, cold]) await server.stop();
  };
  // The checkout that has started them may be another one, which this process does not end.
  atEnd(stop);

  const guards = [warm, cold].map((server) => ({
    run: (/** @type {number} */ seconds) =>
      withProcessorTime(server, () =>
        runFullLoad({ url: server.url, file, once: false, connections: CONNECTIONS, seconds }),
      ),
  }));
  const signIn = signInContenders(productSignIn(product, database, warm), run);
  // In the order of FIGURES.
  const contenders = [...guards, ...signIn].map(({ run: load }, index) => {
    const figure = FIGURES[index] ?? '';
    return { figure, name: nameOf(figure, side), run: load };
  });
  return { contenders, stop };
}
