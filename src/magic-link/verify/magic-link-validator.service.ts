import { Inject, Injectable } from '@nestjs/common';

import type { AuthError } from '../../common/errors';
import { RESOLVED_OPTIONS, type ResolvedAuthOptions } from '../../config/resolved-options';
import type { ClientContext } from '../../context/client-context';
import { type ContextEvaluation, ContextPolicyService } from '../../context/context-policy.service';
import type { RequestContext } from '../../context/request-context';
import { tokenHash } from '../../crypto/token-hash';
import type { Transaction } from '../../database/database.service';
import { type FoundMagicLink, MagicLinkRepository } from '../magic-link.repository';
import { MagicLinkTokens } from '../magic-link-tokens.service';
import { isAllowedRedirect } from '../redirect-policy';
import { LinkAttempts } from './link-attempts.service';
import { type LinkRefusal, linkRefusal, REDIRECT_NO_LONGER_ALLOWED } from './link-refusal';

/** A link that could be used now, apart from its context, and what the policy says of that. */
export interface ValidMagicLink {
  readonly link: FoundMagicLink;
  readonly context: ContextEvaluation;
}

/** As `ExaminedLink`, with the database's time, which is that of the transaction. */
export interface CurrentMagicLink extends ValidMagicLink {
  readonly now: Date;
}

/** Finds out what a presented token is worth, without using it. */
@Injectable()
export class MagicLinkValidator {
  constructor(
    private readonly repository: MagicLinkRepository,
    private readonly tokens: MagicLinkTokens,
    private readonly contextPolicy: ContextPolicyService,
    private readonly attempts: LinkAttempts,
    @Inject(RESOLVED_OPTIONS)
    private readonly options: Pick<ResolvedAuthOptions, 'magicLink' | 'allowedRedirects'>,
  ) {}

  /**
   * Examines a token: counts the attempt, locks the link's address, and records a refusal. Up to
   * the decision a token that leads nowhere costs what a genuine one costs.
   *
   * @returns the link; or the error of a refusal, to be thrown when the transaction has committed:
   *   RateLimitError (`rate_limited`); TokenError `link_invalid`, `link_used` or `link_expired`,
   *   looked at in this order; InvalidRequestError (`invalid_request`) when the link's target is no
   *   longer on the allow-list.
   * @throws UnavailableError (`unavailable`).
   */
  async validate(
    token: string,
    attempt: RequestContext,
    transaction: Transaction,
  ): Promise<CurrentMagicLink | { readonly error: AuthError }> {
    const hash = tokenHash(token);
    // One round trip. What is read after the address was locked is how it stays.
    const counting = this.attempts.count(hash, attempt, transaction);
    this.repository.lockAddressOf(hash, transaction);
    const [limited, { link, now }] = await Promise.all([
      counting,
      this.repository.findByTokenHash(hash, transaction),
    ]);
    if (limited !== undefined) return { error: limited };
    const genuine = await this.tokens.check(token, link, now);
    const context = this.checkContext(link, attempt.context);
    const valid = this.decide(link, context, now, genuine);
    if ('error' in valid) await this.attempts.recordFailure(attempt, valid, link, transaction);

    return valid;
  }

  private decide(
    link: FoundMagicLink | undefined,
    context: ContextEvaluation,
    now: Date,
    genuine: { readonly expired: boolean } | undefined,
  ): CurrentMagicLink | LinkRefusal {
    if (link === undefined || genuine === undefined) return linkRefusal('link_invalid');
    if (link.is_used || link.superseded_at !== null) return linkRefusal('link_used');
    if (genuine.expired || link.expires_at <= now) return linkRefusal('link_expired');
    const { redirect_to: target } = link;
    if (target !== null && !isAllowedRedirect(target, this.options.allowedRedirects))
      return REDIRECT_NO_LONGER_ALLOWED;

    return { link, context, now };
  }

  /** Compares the contexts; the presented one with itself where there is no link. */
  checkContext(link: FoundMagicLink | undefined, presented: ClientContext): ContextEvaluation {
    return this.contextPolicy.evaluate(
      this.options.magicLink.contextPolicy,
      {
        ipAddress: link?.ip_address ?? presented.ipAddress,
        userAgent: link?.user_agent ?? '',
        fingerprintDigest: link?.device_fingerprint ?? null,
        rememberedDevice: link?.from_remembered_device ?? false,
      },
      presented,
    );
  }
}
