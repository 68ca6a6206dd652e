import { suites } from '../suites/index.mjs';
import { describeMachine } from './machine.mjs';
import { Progress } from './progress.mjs';
import { openRun } from './run.mjs';

/**
 * What a suite has measured, and on what.
 *
 * @typedef {object} SuiteResult
 * @property {import('./machine.mjs').Machine} machine
 * @property {unknown} data as the suite's `present` takes it
 */

/**
 * Runs suites, one after the other.
 *
 * @param {{ quick: boolean, only: string[], rounds: number | undefined, dist: string }} settings
 * @returns {Promise<Record<string, SuiteResult>>} by name.
 */
export async function measureSuites({ quick, only, rounds, dist }) {
  const chosen = Object.entries(suites).filter(([name]) => only.includes(name));
  const planned = chosen.map(([, { plannedSeconds }]) => plannedSeconds(quick));
  const progress = new Progress(planned.reduce((sum, seconds) => sum + seconds, 5));
  const run = await openRun({ quick, rounds, dist, tell: (text) => progress.step(text) });
  /** @type {Record<string, SuiteResult>} */
  const results = {};
  for (const [name, { measure }] of chosen) {
    progress.step(`${name} begins`);
    const { postgres, generator } = run;
    const machine = describeMachine({ postgres: postgres.version, generator });
    results[name] = { machine, data: await measure(run) };
    await run.stopServers();
  }
  return results;
}
