import { Injectable } from '@nestjs/common';

import type { ContextPolicy } from '../config/context-policy-name';
import type { ClientContext } from './client-context';
import { type BoundContext, ContextDigests } from './context-digests.service';
import {
  type ContextVerdict,
  evaluateContext,
  type FingerprintComparison,
  type ObservedContextDetails,
} from './context-policy';

/** The result of a context check. */
export interface ContextEvaluation extends ContextVerdict {
  /** What the stricter policies would have decided, if `observe` let a difference pass. */
  readonly observed: ObservedContextDetails | undefined;
}

/** Compares the context that a link or a session is bound to with the one it is presented from. */
@Injectable()
export class ContextPolicyService {
  constructor(private readonly digests: ContextDigests) {}

  /** @param bound its `rememberedDevice` tells whether the user had the bound device remembered. */
  evaluate(
    policy: ContextPolicy,
    bound: BoundContext & { readonly rememberedDevice: boolean },
    presented: ClientContext,
  ): ContextEvaluation {
    const verdict = evaluateContext(policy, {
      recorded: bound,
      presented,
      fingerprint: this.compareFingerprint(bound.fingerprintDigest, presented.deviceFingerprint),
      rememberedDevice: bound.rememberedDevice,
    });
    const { strict, balanced } = verdict.wouldAllow;
    const observed =
      policy === 'observe' && !(strict && balanced) ? observedDetails(verdict) : undefined;
    return { ...verdict, observed };
  }

  private compareFingerprint(
    recorded: string | null,
    presented: string | undefined,
  ): FingerprintComparison {
    if (recorded === null) return 'not_recorded';
    if (presented === undefined) return 'absent';
    return this.digests.matches(recorded, presented) ? 'match' : 'differ';
  }
}

function observedDetails({ differences, wouldAllow }: ContextVerdict): ObservedContextDetails {
  const word = (allowed: boolean): 'allowed' | 'refused' => (allowed ? 'allowed' : 'refused');
  return {
    differences,
    strict: word(wouldAllow.strict),
    balanced: word(wouldAllow.balanced),
  };
}
