import { cpus, totalmem } from 'node:os';

import { GENERATOR } from '../load/generator.mjs';
import { suites } from '../suites/index.mjs';
import { Progress } from './progress.mjs';
import { openRun } from './run.mjs';

/**
 * What a suite has measured, and on what.
 *
 * @typedef {object} SuiteResult
 * @property {Machine} machine
 * @property {unknown} data as the suite's `present` takes it
 */

/** @typedef {ReturnType<typeof describeMachine>} Machine */

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
    const machine = describeMachine(run.postgres.version);
    results[name] = { machine, data: await measure(run) };
    await run.stopServers();
  }
  return results;
}

/** @param {string} postgres its version */
function describeMachine(postgres) {
  const processors = cpus();
  return {
    date: new Date().toISOString().slice(0, 10),
    processor: processors[0]?.model.trim() ?? 'unknown',
    cores: processors.length,
    memoryGiB: Math.round(totalmem() / 2 ** 30),
    node: process.version,
    postgres,
    generator: GENERATOR,
  };
}
