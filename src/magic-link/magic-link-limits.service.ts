import { Inject, Injectable } from '@nestjs/common';

import { RESOLVED_OPTIONS, type ResolvedAuthOptions } from '../config/resolved-options';
import { clientNetwork } from '../context/ip-address';
import { LimiterKeys } from '../crypto/limiter-keys.service';
import type { Transaction } from '../database/database.service';
import { type LimitRule, RateLimiter } from '../rate-limit/rate-limiter';
import { limiterIdentity } from '../users/email-address';

/** How long a network stays known for an address (docs/reference/security.md#limits). */
const KNOWN_NETWORK_SECONDS = 30 * 24 * 60 * 60;

/** Wrong tries for the codes of one device's links (docs/reference/owner-or-stranger.md#codes). */
export const TRIES_PER_CODE = 5;

/** No link lives longer, so the count of its tries never starts again. */
const LONGEST_LINK_SECONDS = 24 * 60 * 60;

/** An address and where a request for it comes from: what the limits are counted by. */
export interface LimitedAddress {
  readonly tenantId: string;
  /** In canonical form. */
  readonly email: string;
  readonly ipAddress: string;
}

/** The limits on requests and verifications (docs/reference/security.md#limits). */
@Injectable()
export class MagicLinkLimits {
  constructor(
    private readonly keys: LimiterKeys,
    @Inject(RateLimiter) private readonly limiter: RateLimiter,
    @Inject(RESOLVED_OPTIONS) private readonly options: Pick<ResolvedAuthOptions, 'magicLink'>,
  ) {}

  /**
   * The rules that a link request must meet, all of them. The keys are the same whether or not the
   * address has an account.
   */
  forRequest({ tenantId, email, ipAddress }: LimitedAddress): LimitRule[] {
    const { magicLink } = this.options;
    const identity = limiterIdentity(email);
    const network = clientNetwork(ipAddress);
    return [
      {
        ...magicLink.addressAndNetworkLimit,
        key: this.keys.of('link-request', 'address-network', tenantId, identity, network),
      },
      {
        ...magicLink.addressLimit,
        key: this.keys.of('link-request', 'address', tenantId, identity),
        // So that strangers who use up an address's limit cannot lock out its owner.
        unlessMarked: this.keys.candidates(...knownNetwork(tenantId, identity, network)),
      },
      {
        ...magicLink.networkLimit,
        key: this.keys.of('link-request', 'network', network),
      },
      {
        ...magicLink.serviceLimit,
        key: this.keys.of('link-request', 'service'),
      },
    ];
  }

  /**
   * The rules that a verification must meet.
   *
   * @param link the hash of a token or the id of a link, whether or not there is such a link.
   */
  forVerification(link: string, ipAddress: string): LimitRule[] {
    const { verificationLimit } = this.options.magicLink;
    return [
      {
        ...verificationLimit,
        key: this.keys.of('verification', 'network', clientNetwork(ipAddress)),
      },
      { ...verificationLimit, key: this.keys.of('verification', 'link', link) },
    ];
  }

  /**
   * The rules that count codes: tries for one link, and wrong codes in the whole service.
   *
   * @param linkId as it was presented, whether or not there is such a link.
   */
  forCode(linkId: string): { readonly link: LimitRule; readonly service: LimitRule } {
    return {
      link: {
        key: this.keys.of('code', 'link', linkId),
        limit: TRIES_PER_CODE,
        windowSeconds: LONGEST_LINK_SECONDS,
      },
      service: {
        ...this.options.magicLink.wrongCodeLimit,
        key: this.keys.of('code', 'service'),
      },
    };
  }

  /** The keys under which the wrong codes of an address are counted, the current one first. */
  lockoutKeys(tenantId: string, email: string): string[] {
    return this.keys.candidates('code', 'lockout', tenantId, email);
  }

  /** Remembers that an address has signed in from a network. */
  async rememberNetwork(
    { tenantId, email, ipAddress }: LimitedAddress,
    transaction: Transaction,
  ): Promise<void> {
    const parts = knownNetwork(tenantId, limiterIdentity(email), clientNetwork(ipAddress));
    await this.limiter.mark(this.keys.of(...parts), KNOWN_NETWORK_SECONDS, transaction);
  }
}

function knownNetwork(tenantId: string, identity: string, network: string): string[] {
  return ['known-network', tenantId, identity, network];
}
