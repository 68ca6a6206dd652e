import { Inject, Injectable } from '@nestjs/common';

import { RESOLVED_OPTIONS, type ResolvedAuthOptions } from '../../config/resolved-options';
import type { ClientContext } from '../../context/client-context';
import {
  type BoundContext,
  type ContextEvaluation,
  ContextPolicyService,
} from '../../context/context-policy.service';
import type { RequestContext } from '../../context/request-context';
import { tokenHash } from '../../crypto/token-hash';
import type { Transaction } from '../../database/database.service';
import { linkContext } from '../link-context';
import {
  accepted,
  type LinkRefusal,
  linkRefusal,
  type Outcome,
  REDIRECT_NO_LONGER_ALLOWED,
  refused,
} from '../link-refusal';
import { MagicLinkRepository } from '../magic-link.repository';
import { type FoundMagicLink, MagicLinkLookupRepository } from '../magic-link-lookup.repository';
import { MagicLinkTokens } from '../magic-link-tokens.service';
import { isAllowedRedirect } from '../redirect-policy';
import { LinkAttempts } from './link-attempts.service';

/** Stands in for the context of a link that there is not. */
const ABSENT_CONTEXT: Omit<BoundContext, 'ipAddress'> = {
  userAgent: '',
  fingerprintDigest: null,
  deviceKind: 'none',
  secretDigest: null,
  secretOwner: '',
  rememberedDevice: false,
};

/** A link that can be used now if its context is allowed. */
export interface ValidMagicLink {
  readonly link: FoundMagicLink;
  /** The comparison of the link's context with the presented one. */
  readonly evaluation: ContextEvaluation;
  /** The database's time at the start of the transaction. */
  readonly now: Date;
}

/** Checks a presented token without consuming its link. */
@Injectable()
export class MagicLinkValidator {
  constructor(
    private readonly repository: MagicLinkRepository,
    private readonly lookup: MagicLinkLookupRepository,
    private readonly tokens: MagicLinkTokens,
    private readonly contextPolicy: ContextPolicyService,
    private readonly attempts: LinkAttempts,
    @Inject(RESOLVED_OPTIONS)
    private readonly options: Pick<ResolvedAuthOptions, 'magicLink' | 'allowedRedirects'>,
  ) {}

  /**
   * Counts the attempt, locks the link's address, and checks the token. A refusal is recorded.
   * Until the decision, a token without a link costs the same work as a genuine one.
   *
   * @returns the link, or the refusal: RateLimitError (`rate_limited`); TokenError `link_invalid`,
   *   `link_used` or `link_expired`, checked in this order; InvalidRequestError
   *   (`invalid_request`) when the link's target is no longer on the allow-list.
   * @throws UnavailableError (`unavailable`).
   */
  async validate(
    token: string,
    attempt: RequestContext,
    transaction: Transaction,
  ): Promise<Outcome<ValidMagicLink>> {
    const hash = tokenHash(token);
    // One round trip. The link is read after its address is locked, so it cannot change any more.
    const counting = this.attempts.count(hash, attempt, transaction);
    this.repository.lockAddressOf(hash, transaction);
    const [limited, { link, now }] = await Promise.all([
      counting,
      this.lookup.findByTokenHash(hash, transaction),
    ]);
    if (limited !== undefined) return refused(limited);
    const genuine = await this.tokens.check(token, link, now);
    const evaluation = this.checkContext(link, attempt.context);
    if (link === undefined || genuine === undefined) {
      return this.attempts.recordRefusal(attempt, linkRefusal('link_invalid'), link, transaction);
    }

    const refusal = this.refusalOf(link, now, genuine);
    return refusal === undefined
      ? accepted({ link, evaluation, now })
      : this.attempts.recordRefusal(attempt, refusal, link, transaction);
  }

  private refusalOf(
    link: FoundMagicLink,
    now: Date,
    genuine: { readonly expired: boolean },
  ): LinkRefusal | undefined {
    if (link.is_used || link.superseded_at !== null) return linkRefusal('link_used');
    if (genuine.expired || link.expires_at <= now) return linkRefusal('link_expired');
    return this.isRedirectStillAllowed(link) ? undefined : REDIRECT_NO_LONGER_ALLOWED;
  }

  /** The allow-list may have changed since the link was requested. */
  isRedirectStillAllowed({ redirect_to: target }: FoundMagicLink): boolean {
    return target === null || isAllowedRedirect(target, this.options.allowedRedirects);
  }

  /** Compares the link's context with the presented one. Without a link it does the same work. */
  checkContext(link: FoundMagicLink | undefined, presented: ClientContext): ContextEvaluation {
    const bound =
      link === undefined
        ? { ...ABSENT_CONTEXT, ipAddress: presented.ipAddress }
        : linkContext(link);
    return this.contextPolicy.evaluate(this.options.magicLink.contextPolicy, bound, presented);
  }

  /** Whether a request comes from the very device that has asked for a link, proven by its secret. */
  isRequestingDevice(link: FoundMagicLink, presented: ClientContext): boolean {
    return this.contextPolicy.isSameDevice(linkContext(link), presented);
  }
}
