import fc from 'fast-check';

import { CONTEXT_POLICIES, type ContextPolicy } from '../config/context-policy-name';
import {
  type ContextComparison,
  type ContextDifference,
  type DeviceComparison,
  evaluateContext,
} from './context-policy';

const FIREFOX_128 = 'Mozilla/5.0 (Windows NT 10.0; rv:128.0) Gecko/20100101 Firefox/128.0';
const FIREFOX_129 = 'Mozilla/5.0 (Windows NT 10.0; rv:129.0) Gecko/20100101 Firefox/129.0';
const FIREFOX_LINUX = 'Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0';
const CHROME = 'Mozilla/5.0 (Windows NT 10.0) AppleWebKit/537.36 Chrome/126.0.0.0 Safari/537.36';

interface Change {
  from?: string;
  to?: string;
  agent?: [string, string];
  /** What was recorded; by default as the first release did. */
  recorded?: DeviceComparison['recorded'];
  device?: DeviceComparison['relation'];
  isSecret?: boolean;
  mayMove?: boolean;
}

function comparisonOf(change: Change): ContextComparison {
  const { from = '192.0.2.1', to = from, agent = [FIREFOX_128, FIREFOX_128] } = change;
  return {
    recorded: { ipAddress: from, userAgent: agent[0] },
    presented: { ipAddress: to, userAgent: agent[1] },
    device: {
      recorded: change.recorded ?? 'before',
      relation: change.device ?? 'not_recorded',
      isSecret: change.isSecret ?? change.recorded === 'secret',
      mayMove: change.mayMove ?? false,
    },
  };
}

const NETWORK: ContextDifference[] = ['network'];
const AGENT: ContextDifference[] = ['user_agent'];
const FINGERPRINT: ContextDifference[] = ['device_fingerprint'];

type Example = [string, Change, strict: ContextDifference[], balanced: ContextDifference[]];

/** The column "secret recorded and presented" of the table, and "absent or another". */
const WITH_A_SECRET: Example[] = (
  [
    ['nothing changed', { device: 'match' }, [], []],
    [
      'the next version of the browser',
      { device: 'match', agent: [FIREFOX_128, FIREFOX_129] },
      [],
      [],
    ],
    ['another network', { device: 'match', to: '203.0.113.1' }, [], []],
    ['another family of addresses', { device: 'match', to: '2001:db8::1' }, [], []],
    [
      'another network and version',
      { device: 'match', to: '203.0.113.1', agent: [FIREFOX_128, FIREFOX_129] },
      [],
      [],
    ],
    ['another browser', { device: 'match', agent: [FIREFOX_128, CHROME] }, AGENT, AGENT],
    ['another system', { device: 'match', agent: [FIREFOX_128, FIREFOX_LINUX] }, AGENT, AGENT],
    ['no secret', { device: 'absent' }, FINGERPRINT, FINGERPRINT],
    ['another secret', { device: 'differ' }, FINGERPRINT, FINGERPRINT],
    [
      'another secret elsewhere',
      { device: 'differ', to: '203.0.113.1' },
      [...NETWORK, ...FINGERPRINT],
      [...NETWORK, ...FINGERPRINT],
    ],
  ] satisfies Example[]
).map(([name, change, ...differences]) => [
  name,
  { ...change, recorded: 'secret' },
  ...differences,
]);

/** The columns "a fingerprint that is no secret recorded" and "nothing recorded". */
const WITHOUT_A_SECRET: Example[] = (['fingerprint', 'none'] as const).flatMap((recorded) => {
  const same = recorded === 'none' ? 'not_recorded' : 'match';
  const withFingerprint = recorded === 'fingerprint';
  const examples: Example[] = [
    ['nothing changed', {}, [], []],
    ['another address of the /24', { to: '192.0.2.99' }, NETWORK, []],
    ['another /24', { to: '192.0.3.1' }, NETWORK, withFingerprint ? [] : NETWORK],
    ['another family of addresses', { to: '2001:db8::1' }, NETWORK, withFingerprint ? [] : NETWORK],
    ['the next version of the browser', { agent: [FIREFOX_128, FIREFOX_129] }, AGENT, []],
    ['another system', { agent: [FIREFOX_128, FIREFOX_LINUX] }, AGENT, AGENT],
    ['nothing else, though a secret is presented', { isSecret: true }, [], []],
  ];
  const withoutIt: Example[] = [
    ['no fingerprint', { device: 'absent' }, FINGERPRINT, []],
    ['another fingerprint', { device: 'differ' }, FINGERPRINT, FINGERPRINT],
  ];
  return [...examples, ...(withFingerprint ? withoutIt : [])].map(
    ([name, change, ...differences]): Example => [
      `${recorded} recorded: ${name}`,
      { device: same, ...change, recorded },
      ...differences,
    ],
  );
});

/** Links and sessions of the first release, which keep its table until they end. */
const OF_FIRST_RELEASE: Example[] = [
  ['nothing changed', {}, [], []],
  ['nothing changed, fingerprint matches', { device: 'match' }, [], []],
  ['the fingerprint is missing', { device: 'absent' }, FINGERPRINT, []],
  ['the fingerprint differs', { device: 'differ' }, FINGERPRINT, FINGERPRINT],

  ['another address of the /24', { to: '192.0.2.99' }, NETWORK, []],
  ['another /24', { to: '192.0.3.1' }, NETWORK, NETWORK],
  ['another /24, fingerprint matches', { to: '192.0.3.1', device: 'match' }, NETWORK, []],
  [
    'a remembered device in another /24, fingerprint matches',
    { to: '203.0.113.1', device: 'match', mayMove: true },
    [],
    [],
  ],
  [
    'a remembered device in another /24 without a recorded fingerprint',
    { to: '203.0.113.1', mayMove: true },
    NETWORK,
    NETWORK,
  ],
  [
    'a remembered device in another /24, fingerprint missing',
    { to: '203.0.113.1', device: 'absent', mayMove: true },
    [...NETWORK, ...FINGERPRINT],
    NETWORK,
  ],
  ['the IPv4-mapped spelling', { to: '::ffff:192.0.2.1' }, [], []],

  ['the same /64', { from: '2001:db8:1:2::1', to: '2001:db8:1:2::9' }, [], []],
  ['another /64 of the /48', { from: '2001:db8:1:2::1', to: '2001:db8:1:3::1' }, NETWORK, []],
  ['another /48', { from: '2001:db8:1:2::1', to: '2001:db8:2:2::1' }, NETWORK, NETWORK],
  ['another family', { to: '2001:db8::1' }, NETWORK, NETWORK],
  ['another family, fingerprint matches', { to: '2001:db8::1', device: 'match' }, [], []],
  [
    'another family, fingerprint missing',
    { to: '2001:db8::1', device: 'absent' },
    [...NETWORK, ...FINGERPRINT],
    NETWORK,
  ],
  ['another loopback address', { from: '127.0.0.1', to: '127.0.0.2' }, [], []],
  ['loopback of the other family', { from: '127.0.0.1', to: '::1' }, [], []],
  ['from loopback to the network', { from: '::1', to: '192.0.2.1' }, NETWORK, NETWORK],

  ['a browser update', { agent: [FIREFOX_128, FIREFOX_129] }, AGENT, []],
  ['another operating system', { agent: [FIREFOX_128, FIREFOX_LINUX] }, AGENT, AGENT],
  ['another browser', { agent: [FIREFOX_128, CHROME], device: 'match' }, AGENT, AGENT],
  ['the user agent is missing', { agent: [FIREFOX_128, ''] }, AGENT, AGENT],
  ['no user agent, then one', { agent: ['', CHROME] }, AGENT, AGENT],
  ['no user agent, twice', { agent: ['', ''] }, [], []],
  ['two unknown agents', { agent: ['curl/8.1', 'okhttp/4.9'] }, AGENT, AGENT],
  ['an unknown agent, updated', { agent: ['curl/8.1', 'curl/8.2'] }, AGENT, []],
  [
    'a user agent that was cut when stored',
    { agent: ['x'.repeat(1024), 'x'.repeat(2000)] },
    [],
    [],
  ],

  [
    'another browser elsewhere with another fingerprint',
    { to: '203.0.113.1', agent: [FIREFOX_128, CHROME], device: 'differ' },
    [...NETWORK, ...AGENT, ...FINGERPRINT],
    [...NETWORK, ...AGENT, ...FINGERPRINT],
  ],
];

describe('evaluateContext', () => {
  it.each([
    ...WITH_A_SECRET.map(([name, ...rest]) => [`secret recorded: ${name}`, ...rest] as Example),
    ...WITHOUT_A_SECRET,
    ...OF_FIRST_RELEASE,
  ])('when %s', (_name, change, strict, balanced) => {
    const comparison = comparisonOf(change);
    const wouldAllow = { strict: strict.length === 0, balanced: balanced.length === 0 };
    const { isSecret, relation } = comparison.device;
    const isSuspicious =
      balanced.some((difference) => difference !== 'network') &&
      !(isSecret && relation === 'match');

    expect(evaluateContext('strict', comparison)).toEqual({
      allowed: strict.length === 0,
      differences: strict,
      isSuspicious,
      wouldAllow,
    });
    expect(evaluateContext('balanced', comparison)).toEqual({
      allowed: balanced.length === 0,
      differences: balanced,
      isSuspicious,
      wouldAllow,
    });
    expect(evaluateContext('observe', comparison)).toEqual({
      allowed: true,
      differences: strict,
      isSuspicious: false,
      wouldAllow,
    });
  });

  it.each<[string, Change, ContextDifference[]]>([
    ['nothing changed', {}, []],
    ['the same /64', { from: '2001:db8:1:2::1', to: '2001:db8:1:2::9' }, []],
    ['another address', { to: '192.0.2.2' }, NETWORK],
    ['the next version of the browser', { agent: [FIREFOX_128, FIREFOX_129] }, AGENT],
    ['another secret', { device: 'differ' }, FINGERPRINT],
    ['no secret', { device: 'absent' }, FINGERPRINT],
  ])('exact, secret recorded: %s', (_name, change, differences) => {
    const comparison = comparisonOf({ device: 'match', ...change, recorded: 'secret' });
    expect(evaluateContext('exact', comparison)).toMatchObject({
      allowed: differences.length === 0,
      differences,
    });
  });

  it('does not take "request desktop site" for a theft', () => {
    const change: Change = { recorded: 'secret', device: 'match', agent: [CHROME, FIREFOX_LINUX] };
    const verdict = evaluateContext('strict', comparisonOf(change));
    expect(verdict).toMatchObject({ allowed: false, isSuspicious: false });
  });

  it('does not take a browser’s update for a theft, without a secret either', () => {
    const change: Change = { recorded: 'none', agent: [FIREFOX_128, FIREFOX_129] };
    const verdict = evaluateContext('strict', comparisonOf(change));
    expect(verdict).toMatchObject({ allowed: false, isSuspicious: false });
  });

  it('returns one shared, frozen verdict for an unchanged context', () => {
    const comparison = comparisonOf({ device: 'match' });
    expect(evaluateContext('strict', comparison)).toBe(evaluateContext('observe', comparison));
    expect(Object.isFrozen(evaluateContext('strict', comparison).differences)).toBe(true);
  });

  const address = fc.oneof(
    fc.constantFrom('192.0.2.1', '192.0.2.9', '192.0.3.1', '::ffff:192.0.2.1', '127.0.0.1', '::1'),
    fc.constantFrom('2001:db8:1:2::1', '2001:db8:1:2::2', '2001:db8:1:3::1', '2001:db8:9::1'),
    fc.ipV4(),
    fc.ipV6(),
    fc.string(),
  );
  const userAgent = fc.oneof(
    fc.constantFrom(FIREFOX_128, FIREFOX_129, FIREFOX_LINUX, CHROME, '', 'curl/8.1', 'curl/8.2'),
    fc.string({ unit: 'binary' }),
  );
  const context = fc.record({ ipAddress: address, userAgent });
  const recorded = fc.constantFrom<DeviceComparison['recorded']>(
    'secret',
    'fingerprint',
    'none',
    'before',
  );
  const relation = fc.constantFrom<DeviceComparison['relation']>('absent', 'match', 'differ');
  const device = fc
    .record({ recorded, relation, isSecret: fc.boolean(), mayMove: fc.boolean() })
    .map((one): DeviceComparison => ({
      ...one,
      relation: one.recorded === 'none' ? 'not_recorded' : one.relation,
      mayMove: one.recorded === 'before' && one.mayMove,
    }));
  const comparison = fc.record({ recorded: context, presented: context, device });
  const policy = fc.constantFrom<ContextPolicy>(...CONTEXT_POLICIES);

  it('allows the recorded context itself, whatever it is', () => {
    fc.assert(
      fc.property(policy, context, device, (name, recorded, example) => {
        const presented = { ...recorded };
        for (const same of ['match', 'not_recorded'] as const) {
          const unchanged = { recorded, presented, device: { ...example, relation: same } };
          expect(evaluateContext(name, unchanged).differences).toEqual([]);
        }
      }),
    );
  });

  it('allows under strict what it allows under exact', () => {
    fc.assert(
      fc.property(comparison, (example) => {
        const exact = evaluateContext('exact', example).allowed;
        expect(exact && !evaluateContext('strict', example).allowed).toBe(false);
      }),
      { numRuns: 1000 },
    );
  });

  it('allows under balanced what it allows under strict', () => {
    fc.assert(
      fc.property(comparison, (example) => {
        const { strict, balanced } = evaluateContext('strict', example).wouldAllow;
        expect(strict && !balanced).toBe(false);
      }),
      { numRuns: 1000 },
    );
  });

  it('refuses nothing under observe', () => {
    fc.assert(
      fc.property(comparison, (example) => {
        expect(evaluateContext('observe', example).allowed).toBe(true);
      }),
    );
  });

  it('reports in wouldAllow what strict and balanced decide themselves', () => {
    fc.assert(
      fc.property(policy, comparison, (name, example) => {
        const verdict = evaluateContext(name, example);
        expect(verdict.wouldAllow).toEqual({
          strict: evaluateContext('strict', example).allowed,
          balanced: evaluateContext('balanced', example).allowed,
        });
        if (name !== 'observe') expect(verdict.allowed).toBe(verdict.differences.length === 0);
      }),
    );
  });

  it('does not depend on which of the two contexts was first', () => {
    fc.assert(
      fc.property(policy, comparison, (name, example) => {
        const { recorded, presented } = example;
        const swapped = { ...example, recorded: presented, presented: recorded };
        expect(evaluateContext(name, swapped)).toEqual(evaluateContext(name, example));
      }),
    );
  });

  it('never allows what differs from what was recorded, but under observe', () => {
    fc.assert(
      fc.property(comparison, (example) => {
        const differing = {
          ...example,
          device: { ...example.device, relation: 'differ' as const },
        };
        expect(evaluateContext('exact', differing).allowed).toBe(false);
        expect(evaluateContext('strict', differing).allowed).toBe(false);
        expect(evaluateContext('balanced', differing).allowed).toBe(false);
      }),
    );
  });

  it('is not made stricter by a remembered device', () => {
    fc.assert(
      fc.property(policy, comparison, (name, example) => {
        const of = (mayMove: boolean) =>
          evaluateContext(name, { ...example, device: { ...example.device, mayMove } });
        const [forgotten, remembered] = [of(false), of(true)];
        expect(forgotten.allowed && !remembered.allowed).toBe(false);
      }),
    );
  });
});
