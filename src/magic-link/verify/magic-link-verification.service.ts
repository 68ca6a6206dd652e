import { Injectable } from '@nestjs/common';

import type { RequestContext } from '../../context/request-context';
import { tokenHash } from '../../crypto/token-hash';
import { Database } from '../../database/database.service';
import type { FoundMagicLink } from '../magic-link.repository';
import { LinkAttempts } from './link-attempts.service';
import { type LinkRefusal, linkRefusal, refusalOf } from './link-refusal';
import { LinkSignIn } from './link-sign-in.service';
import { MagicLinkValidator } from './magic-link-validator.service';
import type { SignIn, SignInAttempt } from './sign-in-attempt';

export interface MagicLinkVerification extends SignInAttempt {
  /** As it was presented. */
  readonly token: string;
}

/** Turns links into sessions (guide, section 3.1, `verify_magic_link`). */
@Injectable()
export class MagicLinkVerificationService {
  constructor(
    private readonly database: Database,
    private readonly validator: MagicLinkValidator,
    private readonly attempts: LinkAttempts,
    private readonly links: LinkSignIn,
  ) {}

  /**
   * Signs in with the token of a mailed link, once.
   *
   * @throws TokenError `link_invalid`, `link_used`, `link_expired` or `context_mismatch`, looked at
   *   in this order; AuthError `account_disabled`, `account_locked` or `sign_up_disabled`;
   *   InvalidRequestError (`invalid_request`) when the link's target is no longer on the
   *   allow-list; RateLimitError (`rate_limited`); UnavailableError (`unavailable`).
   */
  async verify({ token, ...attempt }: MagicLinkVerification): Promise<SignIn> {
    let link: FoundMagicLink | undefined;
    const signingIn = this.database.transaction(async (transaction) => {
      const valid = await this.validator.validate(token, attempt, transaction);
      if ('error' in valid) return valid;
      if (!valid.context.allowed) {
        const refusal = linkRefusal('context_mismatch', valid.context.differences);
        await this.attempts.recordFailure(attempt, refusal, valid.link, transaction);
        return refusal;
      }
      link = valid.link;
      return this.links.signIn(valid, 'magic_link', attempt, transaction);
    });
    const outcome = await signingIn.catch(async (error: unknown) => {
      const refusal = refusalOf(error);
      if (refusal !== undefined) await this.countUndone(token, attempt, refusal, link);
      throw error;
    });
    if ('error' in outcome) throw outcome.error;
    return outcome;
  }

  /** The sign-in was undone, and with it the counting of the attempt: it is counted anew. */
  private async countUndone(
    token: string,
    attempt: RequestContext,
    refusal: LinkRefusal,
    link: FoundMagicLink | undefined,
  ): Promise<void> {
    const limited = await this.database.transaction(async (transaction) => {
      const limit = await this.attempts.count(tokenHash(token), attempt, transaction);
      if (limit === undefined)
        await this.attempts.recordFailure(attempt, refusal, link, transaction);

      return limit;
    });
    if (limited !== undefined) throw limited;
  }
}
