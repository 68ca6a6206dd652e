import 'reflect-metadata';

import { writeFile } from 'node:fs/promises';
import { cpus, loadavg } from 'node:os';
import { resolve } from 'node:path';

import { linkToken } from '../../support/sign-in/link-tokens';
import { startTestService } from '../../support/test-service';
import {
  deviceScenario,
  plantDelay,
  requestScenario,
  sampleScenario,
  type Scenario,
  verificationScenario,
} from './scenarios';
import { compare, type Comparison, isFailure, median, WARNING_T } from './statistics';

/**
 * The full run of docs/reference/security.md#timing: `npm run timing`. Let it have the machine for
 * itself; it takes about ten minutes, and writes docs/timing.md.
 */
const SAMPLES = Number(process.argv[2] ?? 10_000);
const WARM_UP_PER_CLASS = 250;
const PLANTED_MICROSECONDS = 100;
const SEEDS = [20_260_101, 20_260_102, 20_260_103];

interface Row extends Comparison {
  readonly scenario: string;
  readonly seed: number;
  readonly name: string;
  readonly role: 'class' | 'A/A control' | 'planted';
  /** Of the reference, in microseconds. */
  readonly median: number;
}

async function main(): Promise<void> {
  const server = await serverForTests();
  await server.start();
  try {
    const rows = await measure();
    const report = reportOf(rows);
    await writeFile(resolve(__dirname, '../../../docs/timing.md'), report);
    console.log(report);
    process.exitCode = verdictsOf(rows).every(({ passed }) => passed) ? 0 : 1;
  } finally {
    await server.stop();
  }
}

/** The server of the tests, as Jest starts it. */
async function serverForTests(): Promise<{ start(): Promise<void>; stop(): Promise<void> }> {
  const setup = await import('../../support/run/global-setup.mjs');
  const teardown = await import('../../support/run/global-teardown.mjs');
  return { start: setup.default, stop: teardown.default };
}

async function measure(): Promise<Row[]> {
  // A worker would send the mails of one request during the next.
  const service = await startTestService({ options: { mailWorker: false } });
  plantDelay(service, PLANTED_MICROSECONDS);
  const { body } = await service.http
    .post('/auth/magic-link/request')
    .send({ email: 'timing@example.com' });
  const token = await linkToken(service, body.magic_link_id as string);
  const rows: Row[] = [];
  for (const seed of SEEDS) {
    rows.push(...(await rowsOf(verificationScenario(token), seed)));
    const requests = await requestScenario(service, WARM_UP_PER_CLASS + SAMPLES);
    rows.push(...(await rowsOf(requests, seed)));
    const devices = await deviceScenario(service, WARM_UP_PER_CLASS + SAMPLES);
    rows.push(...(await rowsOf(devices, seed)));
  }
  await service.stop();
  return rows;

  async function rowsOf(scenario: Scenario, seed: number): Promise<Row[]> {
    const samples = await sampleScenario(service, scenario, {
      seed,
      warmUp: WARM_UP_PER_CLASS,
      samples: SAMPLES,
    });
    const reference = samples.get(scenario.reference.name) ?? [];
    const { others, same, planted } = scenario;
    const roles = [
      ...others.map(({ name }) => ({ name, role: 'class' as const })),
      { name: same.name, role: 'A/A control' as const },
      { name: planted.name, role: 'planted' as const },
    ];
    return roles.map(({ name, role }) => ({
      scenario: scenario.name,
      seed,
      name,
      role,
      median: median(reference),
      ...compare(reference, samples.get(name) ?? []),
    }));
  }
}

interface Verdict {
  readonly scenario: string;
  readonly name: string;
  readonly words: string;
  readonly passed: boolean;
}

/** One verdict for each class: a failure is one that all seeds agree on. */
function verdictsOf(rows: readonly Row[]): Verdict[] {
  const keys = [...new Set(rows.map(({ scenario, name }) => JSON.stringify([scenario, name])))];
  return keys.map((key) => {
    const [scenario = '', name = ''] = JSON.parse(key) as string[];
    const own = rows.filter((row) => row.scenario === scenario && row.name === name);
    const failures = own.filter(isFailure).length;
    if (own[0]?.role === 'planted') {
      const passed = failures === own.length;
      return { scenario, name, passed, words: passed ? 'seen, as it must be' : 'NOT SEEN' };
    }
    const passed = failures < own.length;
    const warned = own.every(({ greatestT }) => Math.abs(greatestT) > WARNING_T);
    const words = passed ? (warned ? 'warning' : 'no difference') : 'FAILS';
    return { scenario, name, passed, words };
  });
}

function reportOf(rows: readonly Row[]): string {
  const number = (value: number): string => value.toFixed(1);
  const [processor] = cpus();
  return `# Timing

What the service answers in equal words, it should answer in equal time: whether an address has an
account, and whether a token is ours. This page is written by \`npm run timing\`, which measures it
as [the security rules](reference/security.md#timing) say.

- ${new Date().toISOString().slice(0, 10)}, Node.js ${process.version}, ${cpus().length.toString()} × ${processor?.model.trim() ?? 'unknown'}, load ${number(loadavg()[1] ?? 0)} over the last five minutes.
- Service, database and client on this machine, the mail worker off; one connection that is kept,
  one request at a time.
- ${SAMPLES.toLocaleString('en')} samples of each class, in random order, interleaved, after ${WARM_UP_PER_CLASS.toString()} of each that do not count; three seeds.
- All times in microseconds, each class compared with the class "unknown". \`t\` is Welch's: on all
  samples, and the greatest of size when only the fastest 95, 90, 75, 50 or 25 per cent count.
- A class fails if |t| > 10 and the medians differ by more than 50, with all three seeds. A class
  that is the reference once more (A/A) must not fail, and one with ${PLANTED_MICROSECONDS.toString()} planted must. A warning says that |t| > ${WARNING_T.toString()}
  with all three seeds, and that the difference is too small for a failure.

## Verdicts

| requests | class | verdict |
|---|---|---|
${verdictsOf(rows)
  .map(({ scenario, name, words }) => `| ${scenario} | ${name} | ${words} |`)
  .join('\n')}

## Measurements

| requests | class | seed | median of "unknown" | difference of medians | t, all | t, greatest |
|---|---|---|---|---|---|---|
${rows
  .map(
    (row) =>
      `| ${row.scenario} | ${row.name} | ${row.seed.toString()} | ${number(row.median)} | ${number(row.medianDifference)} | ${number(row.rawT)} | ${number(row.greatestT)} |`,
  )
  .join('\n')}
`;
}

void main();
