import type { ContextPolicy } from '../config/context-policy-name';
import type { ClientContext } from './client-context';
import { type NetworkRelation, relateNetworks } from './ip-address';
import type { DeviceKind } from './presented-device';
import { isSameClientKind, normaliseUserAgent } from './user-agent';

/** How what a request presents of its device compares with what was recorded of it. */
export interface DeviceComparison {
  /** What was recorded; `before`: in a row of the first release, which has rules of its own. */
  readonly recorded: DeviceKind | 'before';
  /** `not_recorded`: with nothing recorded, it does not matter what is presented. */
  readonly relation: 'not_recorded' | 'absent' | 'match' | 'differ';
  /** Whether a device secret is presented, matching or not. */
  readonly isSecret: boolean;
  /** In a row of the first release: whether a matching device may change to any network. */
  readonly mayMove?: boolean;
}

type NetworkAndAgent = Pick<ClientContext, 'ipAddress' | 'userAgent'>;

/** The context that a link or a session was created in, and the one it is presented from. */
export interface ContextComparison {
  readonly recorded: NetworkAndAgent;
  readonly presented: NetworkAndAgent;
  readonly device: DeviceComparison;
}

export type ContextDifference = 'network' | 'user_agent' | 'device_fingerprint';

export interface ContextVerdict {
  readonly allowed: boolean;
  /** What the policy refuses; under `observe`, what `strict` would refuse. */
  readonly differences: readonly ContextDifference[];
  /**
   * Whether the refusal is a sign that somebody else holds the token: `balanced` would refuse it
   * too, for more than a change of network, and the device's secret does not match.
   */
  readonly isSuspicious: boolean;
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
  isSuspicious: false,
  wouldAllow: Object.freeze({ strict: true, balanced: true }),
});

/** A context, with the relations of its parts. */
interface RelatedContext {
  readonly network: NetworkRelation;
  readonly agent: AgentRelation;
  readonly device: DeviceComparison;
}

/**
 * Decides whether a link or a session may be used from the presented context, by the table of
 * docs/reference/owner-or-stranger.md#context-policy. Whatever `exact` allows, `strict` allows too,
 * and `balanced` whatever `strict` allows. A pure function, cheap enough to run on every request.
 *
 * A device secret that was recorded must be presented. Then `strict` and `balanced` let any network
 * and any version pass, but no other browser family or operating system. Without a secret
 *
 * - `strict` requires the same network (one IPv4 address, one IPv6 /64, or both loopback), the same
 *   user agent, and the same fingerprint where one was recorded;
 * - `balanced` requires a nearby network (one IPv4 /24, one IPv6 /48, or both loopback; any with a
 *   matching fingerprint), the same browser family and operating system, and no fingerprint that
 *   differs. A missing one passes.
 *
 * `exact` requires all three to be the same. `observe` refuses nothing and reports what the others
 * would have decided.
 */
export function evaluateContext(
  policy: ContextPolicy,
  { recorded, presented, device }: ContextComparison,
): ContextVerdict {
  if (
    recorded.ipAddress === presented.ipAddress &&
    recorded.userAgent === presented.userAgent &&
    isSameDevice(device)
  ) {
    return UNCHANGED;
  }

  const related = {
    network: relateNetworks(recorded.ipAddress, presented.ipAddress),
    agent: relateUserAgents(recorded.userAgent, presented.userAgent),
    device,
  };
  const refusedBy = {
    exact: exactDifferences(related),
    strict: strictDifferences(related),
    balanced: balancedDifferences(related),
  };
  const differences = refusedBy[policy === 'observe' ? 'strict' : policy];
  const allowed = policy === 'observe' || differences.length === 0;
  const provesDevice = device.isSecret && device.relation === 'match';
  return {
    allowed,
    differences,
    isSuspicious:
      !allowed &&
      !provesDevice &&
      refusedBy.balanced.some((difference) => difference !== 'network'),
    wouldAllow: {
      strict: refusedBy.strict.length === 0,
      balanced: refusedBy.balanced.length === 0,
    },
  };
}

function exactDifferences({ network, agent, device }: RelatedContext): ContextDifference[] {
  return refused(network === 'same', agent === 'same', isSameDevice(device));
}

function strictDifferences(related: RelatedContext): ContextDifference[] {
  const { network, agent, device } = related;
  if (device.recorded === 'secret') {
    const isProven = device.relation === 'match';
    return refused(isProven || network === 'same', agent !== 'different', isProven);
  }
  return refused(
    network === 'same' || mayChangeNetwork(related),
    agent === 'same',
    isSameDevice(device),
  );
}

/** The first release let a matching device alternate between IPv4 and IPv6, and a remembered move. */
function mayChangeNetwork({ network, device }: RelatedContext): boolean {
  return (
    device.recorded === 'before' &&
    device.relation === 'match' &&
    (device.mayMove === true || network === 'other_family')
  );
}

function balancedDifferences({ network, agent, device }: RelatedContext): ContextDifference[] {
  const isMatch = device.relation === 'match';
  return refused(
    network === 'same' || network === 'nearby' || isMatch,
    agent !== 'different',
    isMatch || (device.recorded !== 'secret' && device.relation !== 'differ'),
  );
}

function isSameDevice({ relation }: DeviceComparison): boolean {
  return relation === 'match' || relation === 'not_recorded';
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
  return isSameClientKind(a, b) ? 'same_family' : 'different';
}
