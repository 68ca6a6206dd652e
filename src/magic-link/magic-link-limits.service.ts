import { Inject, Injectable } from '@nestjs/common';

import { RESOLVED_OPTIONS, type ResolvedAuthOptions } from '../config/resolved-options';
import { clientNetwork } from '../context/ip-address';
import { LimiterKeys } from '../crypto/limiter-keys.service';
import type { Transaction } from '../database/database';
import { type LimitRule, RateLimiter } from '../rate-limit/rate-limiter';
import { limiterIdentity } from '../users/email-address';

/** "… that this address has signed in from in the last 30 days" (security rules, "Limits"). */
const KNOWN_NETWORK_SECONDS = 30 * 24 * 60 * 60;

/** Whose requests are counted together. */
export interface LimitedAddress {
  readonly tenantId: string;
  /** In canonical form. */
  readonly email: string;
  readonly ipAddress: string;
}

/** The limits on requests and verifications (security rules, "Limits"). */
@Injectable()
export class MagicLinkLimits {
  constructor(
    private readonly keys: LimiterKeys,
    @Inject(RateLimiter) private readonly limiter: RateLimiter,
    @Inject(RESOLVED_OPTIONS) private readonly options: Pick<ResolvedAuthOptions, 'magicLink'>,
  ) {}

  /** The rules that a link request must meet, all together. No key tells accounts from others. */
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
        // So that strangers cannot shut an address's owner out by using up its limit.
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
   * @param link what is verified: the hash of a token, whether or not it leads to a link.
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
