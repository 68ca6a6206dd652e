import fc from 'fast-check';

import { CONTEXT_POLICIES, type ContextPolicy } from '../config/context-policy-name';
import {
  type ContextComparison,
  type ContextDifference,
  evaluateContext,
  type FingerprintComparison,
} from './context-policy';

const FIREFOX_128 = 'Mozilla/5.0 (Windows NT 10.0; rv:128.0) Gecko/20100101 Firefox/128.0';
const FIREFOX_129 = 'Mozilla/5.0 (Windows NT 10.0; rv:129.0) Gecko/20100101 Firefox/129.0';
const FIREFOX_LINUX = 'Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0';
const CHROME = 'Mozilla/5.0 (Windows NT 10.0) AppleWebKit/537.36 Chrome/126.0.0.0 Safari/537.36';

interface Change {
  from?: string;
  to?: string;
  agent?: [string, string];
  fingerprint?: FingerprintComparison;
  remembered?: boolean;
}

function comparisonOf(change: Change): ContextComparison {
  const { from = '192.0.2.1', to = from, agent = [FIREFOX_128, FIREFOX_128] } = change;
  return {
    recorded: { ipAddress: from, userAgent: agent[0] },
    presented: { ipAddress: to, userAgent: agent[1] },
    fingerprint: change.fingerprint ?? 'not_recorded',
    rememberedDevice: change.remembered ?? false,
  };
}

const NETWORK: ContextDifference[] = ['network'];
const AGENT: ContextDifference[] = ['user_agent'];
const FINGERPRINT: ContextDifference[] = ['device_fingerprint'];

const EXAMPLES: [string, Change, strict: ContextDifference[], balanced: ContextDifference[]][] = [
  ['nothing changed', {}, [], []],
  ['nothing changed, fingerprint matches', { fingerprint: 'match' }, [], []],
  ['the fingerprint is missing', { fingerprint: 'absent' }, FINGERPRINT, []],
  ['the fingerprint differs', { fingerprint: 'differ' }, FINGERPRINT, FINGERPRINT],

  ['another address of the /24', { to: '192.0.2.99' }, NETWORK, []],
  ['another /24', { to: '192.0.3.1' }, NETWORK, NETWORK],
  ['another /24, fingerprint matches', { to: '192.0.3.1', fingerprint: 'match' }, NETWORK, []],
  [
    'a remembered device in another /24, fingerprint matches',
    { to: '203.0.113.1', fingerprint: 'match', remembered: true },
    [],
    [],
  ],
  [
    'a remembered device in another /24 without a recorded fingerprint',
    { to: '203.0.113.1', remembered: true },
    NETWORK,
    NETWORK,
  ],
  [
    'a remembered device in another /24, fingerprint missing',
    { to: '203.0.113.1', fingerprint: 'absent', remembered: true },
    [...NETWORK, ...FINGERPRINT],
    NETWORK,
  ],
  ['the IPv4-mapped spelling', { to: '::ffff:192.0.2.1' }, [], []],

  ['the same /64', { from: '2001:db8:1:2::1', to: '2001:db8:1:2::9' }, [], []],
  ['another /64 of the /48', { from: '2001:db8:1:2::1', to: '2001:db8:1:3::1' }, NETWORK, []],
  ['another /48', { from: '2001:db8:1:2::1', to: '2001:db8:2:2::1' }, NETWORK, NETWORK],
  ['another family', { to: '2001:db8::1' }, NETWORK, NETWORK],
  ['another family, fingerprint matches', { to: '2001:db8::1', fingerprint: 'match' }, [], []],
  [
    'another family, fingerprint missing',
    { to: '2001:db8::1', fingerprint: 'absent' },
    [...NETWORK, ...FINGERPRINT],
    NETWORK,
  ],
  ['another loopback address', { from: '127.0.0.1', to: '127.0.0.2' }, [], []],
  ['loopback of the other family', { from: '127.0.0.1', to: '::1' }, [], []],
  ['from loopback to the network', { from: '::1', to: '192.0.2.1' }, NETWORK, NETWORK],

  ['a browser update', { agent: [FIREFOX_128, FIREFOX_129] }, AGENT, []],
  ['another operating system', { agent: [FIREFOX_128, FIREFOX_LINUX] }, AGENT, AGENT],
  ['another browser', { agent: [FIREFOX_128, CHROME], fingerprint: 'match' }, AGENT, AGENT],
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
    { to: '203.0.113.1', agent: [FIREFOX_128, CHROME], fingerprint: 'differ' },
    [...NETWORK, ...AGENT, ...FINGERPRINT],
    [...NETWORK, ...AGENT, ...FINGERPRINT],
  ],
];

describe('evaluateContext', () => {
  it.each(EXAMPLES)('when %s', (_name, change, strict, balanced) => {
    const comparison = comparisonOf(change);
    const wouldAllow = { strict: strict.length === 0, balanced: balanced.length === 0 };
    const onlyNetwork = (differences: ContextDifference[]) => differences.join() === 'network';

    expect(evaluateContext('strict', comparison)).toEqual({
      allowed: strict.length === 0,
      differences: strict,
      onlyNetwork: onlyNetwork(strict),
      wouldAllow,
    });
    expect(evaluateContext('balanced', comparison)).toEqual({
      allowed: balanced.length === 0,
      differences: balanced,
      onlyNetwork: onlyNetwork(balanced),
      wouldAllow,
    });
    expect(evaluateContext('observe', comparison)).toEqual({
      allowed: true,
      differences: strict,
      onlyNetwork: false,
      wouldAllow,
    });
  });

  it('returns one shared, frozen verdict for an unchanged context', () => {
    const comparison = comparisonOf({ fingerprint: 'match' });
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
  const fingerprint = fc.constantFrom<FingerprintComparison>(
    'not_recorded',
    'absent',
    'match',
    'differ',
  );
  const comparison = fc.record({
    recorded: context,
    presented: context,
    fingerprint,
    rememberedDevice: fc.boolean(),
  });
  const policy = fc.constantFrom<ContextPolicy>(...CONTEXT_POLICIES);

  it('allows the recorded context itself, whatever it is', () => {
    fc.assert(
      fc.property(policy, context, fc.boolean(), (name, recorded, rememberedDevice) => {
        const presented = { ...recorded };
        for (const same of ['match', 'not_recorded'] as const) {
          const unchanged = { recorded, presented, fingerprint: same, rememberedDevice };
          expect(evaluateContext(name, unchanged).differences).toEqual([]);
        }
      }),
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

  it('never allows a differing fingerprint under strict or balanced', () => {
    fc.assert(
      fc.property(comparison, (example) => {
        const differing = { ...example, fingerprint: 'differ' as const };
        expect(evaluateContext('strict', differing).allowed).toBe(false);
        expect(evaluateContext('balanced', differing).allowed).toBe(false);
      }),
    );
  });

  it('is not made stricter by a remembered device', () => {
    fc.assert(
      fc.property(policy, comparison, (name, example) => {
        const forgotten = evaluateContext(name, { ...example, rememberedDevice: false });
        const remembered = evaluateContext(name, { ...example, rememberedDevice: true });
        expect(forgotten.allowed && !remembered.allowed).toBe(false);
      }),
    );
  });
});
