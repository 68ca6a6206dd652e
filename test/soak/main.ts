import 'reflect-metadata';

import { randomInt } from 'node:crypto';

import { readOptions, type SoakOptions, USAGE } from './options';
import { reportOf } from './report';
import { runSoak } from './run-soak';

/** The full run of docs/soak.md: `npm run soak`. It takes about ten minutes on two cores. */
async function main(): Promise<void> {
  const options = optionsOrUsage();
  if (options === undefined) return;
  const server = await serverForTests();
  await server.start();
  try {
    await soak(options);
  } finally {
    await server.stop();
  }
}

function optionsOrUsage(): SoakOptions | undefined {
  try {
    const options = readOptions(process.argv.slice(2), randomInt(1_000_000_000));
    if (options === undefined) console.log(USAGE);
    return options;
  } catch (error) {
    console.error(`${(error as Error).message}\n\n${USAGE}`);
    process.exitCode = 2;
    return undefined;
  }
}

async function soak(options: SoakOptions): Promise<void> {
  const { people, days, thefts, seed } = options;
  console.log(`${people} people, ${days} days, 3 × ${thefts} thefts, seed ${seed}`);
  const started = performance.now();
  const seconds = (): string => ((performance.now() - started) / 1_000).toFixed(0);
  const findings = await runSoak({
    ...options,
    onDay: (day, { violated }) => {
      if (day % 5 === 0) console.log(`day ${day}, after ${seconds()} s: ${violated} violations`);
    },
  });
  console.log(`\n${reportOf(findings)}\n\n${seconds()} s, seed ${seed}`);
  process.exitCode = findings.violated === 0 ? 0 : 1;
}

/** The server of the tests, as Jest starts it. */
async function serverForTests(): Promise<{ start(): Promise<void>; stop(): Promise<void> }> {
  const setup = await import('../support/run/global-setup.mjs');
  const teardown = await import('../support/run/global-teardown.mjs');
  return { start: setup.default, stop: teardown.default };
}

void main();
