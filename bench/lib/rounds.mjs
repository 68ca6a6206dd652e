import { median } from 'simple-statistics';

/** @typedef {import('../load/generator.mjs').LoadResult} LoadResult */

/**
 * One of those that are compared.
 *
 * @typedef {object} Contender
 * @property {string} name
 * @property {(seconds: number) => Promise<LoadResult>} run puts it under load once
 */

/**
 * What was measured of one contender, by round.
 *
 * @typedef {object} Rounds
 * @property {number[]} perSecond
 * @property {number[]} p50 microseconds
 * @property {number[]} p99 microseconds
 * @property {number[]} cpu microseconds of the server's processor time for an answer; empty where
 *   that is not measured
 */

/**
 * Runs all contenders in turn, round after round, so that what disturbs the machine for a while
 * disturbs them all.
 *
 * @param {readonly Contender[]} contenders
 * @param {{ rounds: number, warmUpSeconds: number, seconds: number }} plan
 * @param {(text: string) => void} tell
 * @returns {Promise<Record<string, Rounds>>} by name.
 * @throws Error when any answer is not a success.
 */
export async function runRounds(contenders, { rounds, warmUpSeconds, seconds }, tell) {
  for (const { name, run } of contenders) {
    demandSuccess(name, await run(warmUpSeconds));
    tell(`warmed up: ${name}`);
  }
  /** @type {Record<string, Rounds>} */
  const results = {};
  for (let round = 1; round <= rounds; round += 1) {
    for (const { name, run } of contenders) {
      const { cpu, p50, p99, ...rest } = demandSuccess(name, await run(seconds));
      const speed = Math.round(perSecond(rest) * 100) / 100;
      const own = (results[name] ??= { perSecond: [], p50: [], p99: [], cpu: [] });
      own.perSecond.push(speed);
      own.p50.push(p50);
      own.p99.push(p99);
      if (cpu !== undefined) own.cpu.push(Math.round(cpu));
      const which = rounds === 1 ? '' : `round ${round} of ${rounds}: `;
      tell(`${which}${name}: ${Math.round(speed)}/s, p99 ${milliseconds(p99)} ms`);
    }
  }
  return results;
}

/**
 * Notes beside a result what processor time the server has used for it.
 *
 * @param {import('./server-process.mjs').ServerProcess} server
 * @param {() => Promise<LoadResult>} load
 * @returns {Promise<LoadResult>}
 */
export async function withProcessorTime(server, load) {
  const before = await server.cpu();
  const result = await load();
  return { ...result, cpu: ((await server.cpu()) - before) / result.requests };
}

/**
 * @param {string} name
 * @param {LoadResult} result
 * @returns {LoadResult}
 */
export function demandSuccess(name, result) {
  if (result.requests === 0 || Object.keys(result.failures).length > 0) {
    const failures = JSON.stringify(result.failures);
    throw new Error(`${name}: of ${result.requests} answers these were failures: ${failures}`);
  }
  return result;
}

/** @param {Pick<LoadResult, 'requests' | 'microseconds'>} result */
export function perSecond({ requests, microseconds }) {
  return (requests * 1_000_000) / microseconds;
}

/** @param {number} microseconds */
export function milliseconds(microseconds) {
  const value = microseconds / 1_000;
  return value.toFixed(value < 10 ? 2 : value < 100 ? 1 : 0);
}

/**
 * The middle one of rounds; NaN of none, as where a suite was not measured.
 *
 * @param {readonly number[]} [values] by round
 */
export function middle(values = []) {
  return values.length === 0 ? NaN : median([...values]);
}

/**
 * The median of what each round says of two contenders: what slows a whole round down, slows both.
 *
 * @param {readonly number[]} [values] by round
 * @param {readonly number[]} [references] by round
 */
export function medianRatio(values = [], references = []) {
  return middle(values.map((value, round) => value / (references[round] ?? NaN)));
}
