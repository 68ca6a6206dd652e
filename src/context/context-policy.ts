import type { ContextPolicy } from '../config/context-policy-name';
import type { ClientContext } from './client-context';
import { type NetworkRelation, relateNetworks } from './ip-address';
import { browserFamily, normaliseUserAgent, operatingSystem } from './user-agent';

/**
 * How the presented device fingerprint compares with the recorded digest. `not_recorded` takes
 * precedence: with nothing recorded, it does not matter what is presented.
 */
export type FingerprintComparison = 'not_recorded' | 'absent' | 'match' | 'differ';

type NetworkAndAgent = Pick<ClientContext, 'ipAddress' | 'userAgent'>;

/** The context that a link or a session was created in, and the one it is presented from. */
export interface ContextComparison {
  readonly recorded: NetworkAndAgent;
  readonly presented: NetworkAndAgent;
  readonly fingerprint: FingerprintComparison;
  /** The person chose to remember the device. Has no effect without a matching fingerprint. */
  readonly rememberedDevice: boolean;
}

export type ContextDifference = 'network' | 'user_agent' | 'device_fingerprint';

export interface ContextVerdict {
  readonly allowed: boolean;
  /** What the policy refuses; under `observe`, what `strict` would refuse. */
  readonly differences: readonly ContextDifference[];
  /** Refused only because the network changed: it may be the owner on the move. */
  readonly onlyNetwork: boolean;
  /** What `strict` and `balanced` would decide, for the audit trail. */
  readonly wouldAllow: { readonly strict: boolean; readonly balanced: boolean };
}

/** How a presented context differed from the bound one, for the audit trail: names, no values. */
export interface ContextDetails {
  readonly differences: readonly string[];
}

/** What the stricter policies would have decided, recorded under `observe`. */
export interface ObservedContextDetails extends ContextDetails {
  readonly strict: 'allowed' | 'refused';
  readonly balanced: 'allowed' | 'refused';
}

type AgentRelation = 'same' | 'same_family' | 'different';

const UNCHANGED: ContextVerdict = Object.freeze({
  allowed: true,
  differences: Object.freeze([]),
  onlyNetwork: false,
  wouldAllow: Object.freeze({ strict: true, balanced: true }),
});

/**
 * Decides whether a link or a session may be used from the presented context. Whatever `strict`
 * allows, `balanced` allows too. A pure function, cheap enough to run on every request.
 *
 * `strict` requires
 * - the same network: one IPv4 address, one IPv6 /64, or both loopback. With a matching
 *   fingerprint the address family may change, and a remembered device may change to any network;
 * - the same user agent;
 * - the same fingerprint where one was recorded.
 *
 * `balanced` requires
 * - a nearby network: one IPv4 /24, one IPv6 /48, or both loopback; any network with a matching
 *   fingerprint;
 * - the same browser family and operating system;
 * - no fingerprint that differs from the recorded one. A missing fingerprint passes.
 *
 * `observe` refuses nothing and reports what the others would have decided.
 */
export function evaluateContext(
  policy: ContextPolicy,
  comparison: ContextComparison,
): ContextVerdict {
  const { recorded, presented, fingerprint } = comparison;
  if (
    recorded.ipAddress === presented.ipAddress &&
    recorded.userAgent === presented.userAgent &&
    (fingerprint === 'match' || fingerprint === 'not_recorded')
  ) {
    return UNCHANGED;
  }

  const network = relateNetworks(recorded.ipAddress, presented.ipAddress);
  const agent = relateUserAgents(recorded.userAgent, presented.userAgent);
  const strict = strictDifferences(comparison, network, agent);
  const balanced = balancedDifferences(comparison, network, agent);
  const differences = policy === 'balanced' ? balanced : strict;
  const allowed = policy === 'observe' || differences.length === 0;
  return {
    allowed,
    differences,
    onlyNetwork: !allowed && differences.every((difference) => difference === 'network'),
    wouldAllow: { strict: strict.length === 0, balanced: balanced.length === 0 },
  };
}

function strictDifferences(
  { fingerprint, rememberedDevice }: ContextComparison,
  network: NetworkRelation,
  agent: AgentRelation,
): ContextDifference[] {
  const mayMove = rememberedDevice || network === 'other_family';
  return refused(
    network === 'same' || (fingerprint === 'match' && mayMove),
    agent === 'same',
    fingerprint === 'match' || fingerprint === 'not_recorded',
  );
}

function balancedDifferences(
  { fingerprint }: ContextComparison,
  network: NetworkRelation,
  agent: AgentRelation,
): ContextDifference[] {
  return refused(
    network === 'same' || network === 'nearby' || fingerprint === 'match',
    agent !== 'different',
    fingerprint !== 'differ',
  );
}

function refused(
  networkPasses: boolean,
  userAgentPasses: boolean,
  fingerprintPasses: boolean,
): ContextDifference[] {
  const differences: ContextDifference[] = [];
  if (!networkPasses) differences.push('network');
  if (!userAgentPasses) differences.push('user_agent');
  if (!fingerprintPasses) differences.push('device_fingerprint');
  return differences;
}

function relateUserAgents(first: string, second: string): AgentRelation {
  if (first === second) return 'same';
  const a = normaliseUserAgent(first);
  const b = normaliseUserAgent(second);
  if (a === b) return 'same';
  return browserFamily(a) === browserFamily(b) && operatingSystem(a) === operatingSystem(b)
    ? 'same_family'
    : 'different';
}
