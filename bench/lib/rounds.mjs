/** @typedef {import('../load/generators.mjs').LoadResult} LoadResult */

/**
 * One of those that are compared.
 *
 * @typedef {object} Contender
 * @property {string} name
 * @property {(seconds: number) => Promise<LoadResult>} run puts it under load once
 */

/**
 * Runs all contenders in turn, round after round, so that what disturbs the machine for a while
 * disturbs them all.
 *
 * @param {readonly Contender[]} contenders
 * @param {{ rounds: number, warmUpSeconds: number, seconds: number }} plan
 * @param {(text: string) => void} tell
 * @returns {Promise<Record<string, LoadResult[]>>} the results of each, by round.
 * @throws Error when any answer is not a success.
 */
export async function runRounds(contenders, { rounds, warmUpSeconds, seconds }, tell) {
  for (const { name, run } of contenders) {
    demandSuccess(name, await run(warmUpSeconds));
    tell(`warmed up: ${name}`);
  }
  /** @type {Record<string, LoadResult[]>} */
  const results = Object.fromEntries(contenders.map(({ name }) => [name, []]));
  for (let round = 1; round <= rounds; round += 1) {
    for (const { name, run } of contenders) {
      const result = demandSuccess(name, await run(seconds));
      results[name]?.push(result);
      const speed = Math.round(perSecond(result)).toLocaleString('en');
      tell(`round ${round} of ${rounds}: ${name}: ${speed}/s, p99 ${milliseconds(result.p99)} ms`);
    }
  }
  return results;
}

/**
 * Notes beside a result what processor time the server has used for it.
 *
 * @template {LoadResult} T
 * @param {import('./server-process.mjs').ServerProcess} server
 * @param {() => Promise<T>} load
 * @returns {Promise<T>}
 */
export async function withProcessorTime(server, load) {
  const before = await server.cpu();
  const result = await load();
  return { ...result, cpu: ((await server.cpu()) - before) / result.requests };
}

/**
 * @template {LoadResult} T
 * @param {string} name
 * @param {T} result
 * @returns {T}
 */
export function demandSuccess(name, result) {
  const { requests, failed, broken, failures } = result;
  if (requests === 0 || failed > 0 || broken > 0) {
    throw new Error(
      `${name}: of ${requests} answers ${failed} were failures, and ${broken} connections broke ` +
        (failures === undefined ? '' : `(statuses: ${JSON.stringify(failures)})`),
    );
  }
  return result;
}

/** @param {LoadResult} result */
export function perSecond({ requests, microseconds }) {
  return (requests * 1_000_000) / microseconds;
}

/** @param {number} microseconds */
export function milliseconds(microseconds) {
  const value = microseconds / 1_000;
  return value.toFixed(value < 10 ? 2 : value < 100 ? 1 : 0);
}
