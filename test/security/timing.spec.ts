import { Client } from 'pg';

import { MagicLinkTokens } from '../../src/magic-link/magic-link-tokens.service';
import { privately } from '../support/privately';
import { linkRow, requestLinks } from '../support/sign-in/link-tokens';
import type { RequestedLink } from '../support/sign-in/sign-in-flow';
import { startTestService, type TestService } from '../support/test-service';
import { busyWait, microsecondsOf, sample, type Samples, TimedConnection } from './timing/sampler';
import {
  deviceScenario,
  plantDelay,
  requestScenario,
  sampleScenario,
  type Scenario,
  type TimingClass,
  verificationScenario,
} from './timing/scenarios';
import { compare, isFailure, median } from './timing/statistics';

/**
 * The short form of docs/reference/security.md#timing. What is measured over HTTP here depends on
 * whatever else this machine does, so that only a gross difference is seen, and the control plants
 * one. What is left is held by two tests that no load disturbs: the classes ask the same of the
 * database, and their tokens are decided in the same time, to 100 µs. The full run is
 * `timing/main.ts`; its results stand in docs/timing.md.
 */

/** How long the control over HTTP is, in medians of an answer. */
const PLANTED_IN_ANSWERS = 2;
const PLANTED_IN_DECISION_MICROSECONDS = 100;

const SAMPLES_OVER_HTTP = 80;
const WARM_UP = 5;

/** A difference is one if all of them find it. */
const SEEDS = [20_260_101, 20_260_102, 20_260_103];

const CLEAN: Findings = { seesPlanted: true, differences: [] };

let service: TestService;
let link: RequestedLink;

beforeAll(async () => {
  // A worker would send the mails of one request during the next.
  // Nothing but the requests shall ask the database anything.
  service = await startTestService({
    options: { mailWorker: false, session: { cacheEntries: 0 } },
  });
  [link] = (await requestLinks(service, [{ email: 'timing@example.com' }])) as [RequestedLink];
});

afterAll(() => service.stop());

/** What a measurement has found. */
interface Findings {
  /** Whether the planted delay was seen: what sees nothing proves nothing. */
  readonly seesPlanted: boolean;
  /** What else differs from the reference, according to every run. */
  readonly differences: readonly string[];
}

/** Measures with one seed after the other, as long as there is something to confirm or to see. */
async function measure(
  names: { readonly reference: string; readonly planted: string },
  run: (seed: number) => Promise<Samples>,
): Promise<Findings> {
  let seesPlanted = false;
  let differences: string[] | undefined;
  for (const seed of SEEDS) {
    const samples = await run(seed);
    const found = [...samples.keys()].filter((name) =>
      isFailure(compare(samples.get(names.reference)!, samples.get(name)!)),
    );
    seesPlanted ||= found.includes(names.planted);
    differences = (differences ?? found).filter(
      (name) => name !== names.planted && found.includes(name),
    );
    if (seesPlanted && differences.length === 0) break;
  }
  return { seesPlanted, differences: differences ?? [] };
}

describe('over HTTP', () => {
  // A delay that is seen on this machine as it is now, whatever else it does.
  beforeAll(async () => {
    const connection = await TimedConnection.open(service.url);
    const { reference, status } = verificationScenario(link.token);
    const times = [];
    for (let request = 0; request < 80; request += 1) {
      times.push(await connection.time(reference.next(), status));
    }

    connection.close();
    // The first ones are slow: nothing is compiled yet.
    plantDelay(service, PLANTED_IN_ANSWERS * median(times.slice(-30)));
  });

  const measureScenario = async (scenario: Scenario): Promise<Findings> =>
    measure({ reference: scenario.reference.name, planted: scenario.planted.name }, (seed) =>
      sampleScenario(service, scenario, { seed, warmUp: WARM_UP, samples: SAMPLES_OVER_HTTP }),
    );

  it('E3 an unknown, a tampered and an ill-shaped token take the same time', async () => {
    const scenario = verificationScenario(link.token);
    expect(await measureScenario(scenario)).toEqual(CLEAN);
  });

  it('E1 a known, an unknown and a disabled address take the same time', async () => {
    const scenario = await requestScenario(service, SEEDS.length * (WARM_UP + SAMPLES_OVER_HTTP));
    expect(await measureScenario(scenario)).toEqual(CLEAN);
  });

  it('E1 a known and an unknown device of a known and an unknown address take the same time', async () => {
    const scenario = await deviceScenario(service, SEEDS.length * (WARM_UP + SAMPLES_OVER_HTTP));
    expect(await measureScenario(scenario)).toEqual(CLEAN);
  });
});

describe('of the database', () => {
  /** The texts of the statements that one request causes, in order. */
  const statementsOf = async (timingClass: TimingClass, status: number): Promise<string[]> => {
    const query = jest.spyOn(Client.prototype, 'query');
    const connection = await TimedConnection.open(service.url);
    await connection.time(timingClass.next(), status);
    connection.close();
    const statements = query.mock.calls.flatMap(([batch]) =>
      (batch as unknown as { statements: { text: string }[] }).statements.map(({ text }) => text),
    );
    query.mockRestore();
    // Workers are told by the clock of all that was queued, and not by one request.
    return statements.filter((text) => !text.includes('pg_notify'));
  };

  it.each([
    ['E3', 'a token', async () => verificationScenario(link.token), /FROM \(SELECT\)|token_hash/],
    ['E1', 'an address', () => requestScenario(service, 5), /magic-link\.insert/],
    ['E1', 'a device and its address', () => deviceScenario(service, 5), /FROM devices device/],
  ] as const)('%s the same is asked whatever %s is', async (_id, _what, make, expected) => {
    const { reference, others, status } = await make();
    const asked = await statementsOf(reference, status);
    expect(asked.join('\n')).toMatch(expected);
    for (const other of others) expect(await statementsOf(other, status)).toEqual(asked);
  });
});

describe('in the decision about a token', () => {
  it('E3 a genuine, an unknown and an ill-shaped one take the same time, to 100 µs', async () => {
    const tokens = privately(service.app, MagicLinkTokens);
    const row = await linkRow(service, link.id);
    const now = new Date();
    expect(await tokens.check(link.token, row, now)).toMatchObject({ expired: false });

    const illShaped = '.'.repeat(link.token.length);
    const decisions: Record<string, () => Promise<unknown>> = {
      unknown: () => tokens.check(link.token, undefined, now),
      again: () => tokens.check(link.token, undefined, now),
      illShaped: () => tokens.check(illShaped, undefined, now),
      genuine: () => tokens.check(link.token, row, now),
      planted: async () => {
        busyWait(PLANTED_IN_DECISION_MICROSECONDS);
        return tokens.check(link.token, undefined, now);
      },
    };
    const timed = Object.entries(decisions).map(([name, decide]) => ({
      name,
      time: () => microsecondsOf(decide),
    }));
    const findings = await measure({ reference: 'unknown', planted: 'planted' }, (seed) =>
      sample(timed, { seed, warmUp: 200, samples: 500 }),
    );
    expect(findings).toEqual(CLEAN);
  });
});
