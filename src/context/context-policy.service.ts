import { Injectable } from '@nestjs/common';

import type { ContextPolicy } from '../config/context-policy-name';
import type { ClientContext } from './client-context';
import { type ClaimedContext, ContextDigests } from './context-digests.service';
import {
  type ContextVerdict,
  type DeviceComparison,
  evaluateContext,
  type ObservedContextDetails,
} from './context-policy';
import {
  type DeviceKind,
  presentedDevice,
  presentedSecrets,
  secretsOf,
} from './device/presented-device';

/** The context that a link or a session is bound to, as stored in its row. */
export interface BoundContext extends ClaimedContext {
  /** What the device has shown of itself; `null` in rows of the first release. */
  readonly deviceKind: DeviceKind | null;
  /** Made by `ContextDigests.secret` for `secretOwner`. */
  readonly secretDigest: string | null;
  readonly secretOwner: string;
  /** In rows of the first release: whether the user had the device remembered. */
  readonly rememberedDevice: boolean;
}

/** The part of it that tells the device. */
type BoundDevice = Omit<BoundContext, 'ipAddress' | 'userAgent' | 'rememberedDevice'>;

/** The result of a context check. */
export interface ContextEvaluation extends ContextVerdict {
  /** What the stricter policies would have decided, if `observe` let a difference pass. */
  readonly observed: ObservedContextDetails | undefined;
}

/** Compares the context that a link or a session is bound to with the one it is presented from. */
@Injectable()
export class ContextPolicyService {
  constructor(private readonly digests: ContextDigests) {}

  evaluate(
    policy: ContextPolicy,
    bound: BoundContext,
    presented: ClientContext,
  ): ContextEvaluation {
    const verdict = evaluateContext(policy, {
      recorded: bound,
      presented,
      device: this.compareDevice(bound, presented),
    });
    const { strict, balanced } = verdict.wouldAllow;
    const observed =
      policy === 'observe' && !(strict && balanced) ? observedDetails(verdict) : undefined;
    return { ...verdict, observed };
  }

  /** Whether a request comes from the very device that is recorded, proven by its secret. */
  isSameDevice(bound: BoundDevice, presented: ClientContext): boolean {
    return this.isAnyRecorded(presentedSecrets(presented), bound);
  }

  private isAnyRecorded(
    secrets: readonly string[],
    { deviceKind, secretDigest, secretOwner, fingerprintDigest }: BoundDevice,
  ): boolean {
    if (secretDigest !== null) {
      return secrets.some((secret) =>
        this.digests.matchesSecret(secretDigest, secretOwner, secret),
      );
    }
    return (
      deviceKind === null &&
      fingerprintDigest !== null &&
      secrets.some((secret) => this.digests.matches(fingerprintDigest, secret))
    );
  }

  private compareDevice(bound: BoundContext, presented: ClientContext): DeviceComparison {
    const device = presentedDevice(presented);
    const isSecret = device?.kind === 'secret';
    const { deviceKind: kind, fingerprintDigest, rememberedDevice } = bound;
    if (kind === 'secret') {
      const isSame = this.isAnyRecorded(secretsOf(device), bound);
      return { recorded: kind, relation: relation(device !== undefined, isSame), isSecret };
    }
    if (fingerprintDigest === null) {
      return { recorded: kind ?? 'before', relation: 'not_recorded', isSecret };
    }
    const isSame =
      device?.values.some((value) => this.digests.matches(fingerprintDigest, value)) ?? false;
    return {
      recorded: kind ?? 'before',
      relation: relation(device !== undefined, isSame),
      isSecret,
      mayMove: kind === null && rememberedDevice,
    };
  }
}

function relation(isPresent: boolean, isSame: boolean): DeviceComparison['relation'] {
  if (isSame) return 'match';
  return isPresent ? 'differ' : 'absent';
}

function observedDetails({ differences, wouldAllow }: ContextVerdict): ObservedContextDetails {
  const word = (allowed: boolean): 'allowed' | 'refused' => (allowed ? 'allowed' : 'refused');
  return {
    differences,
    strict: word(wouldAllow.strict),
    balanced: word(wouldAllow.balanced),
  };
}
