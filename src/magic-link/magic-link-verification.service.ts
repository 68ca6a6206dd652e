import { Injectable } from '@nestjs/common';

import { LinkAttempts } from './link-attempts.service';
import { LinkExamination } from './link-examination.service';
import { linkRefusal } from './link-refusal';
import { LinkSignIn } from './link-sign-in.service';
import type { SignIn, SignInAttempt } from './sign-in-attempt';

export interface MagicLinkVerification extends SignInAttempt {
  /** As it was presented. */
  readonly token: string;
}

/** Turns links into sessions (guide, section 3.1, `verify_magic_link`). */
@Injectable()
export class MagicLinkVerificationService {
  constructor(
    private readonly examination: LinkExamination,
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
    const examined = await this.examination.examine(token, attempt);
    if (!examined.context.allowed) {
      const refusal = linkRefusal('context_mismatch', examined.context.differences);
      await this.attempts.recordFailure(attempt, refusal, examined.link);
      throw refusal.error;
    }
    return this.links.complete(examined, 'magic_link', attempt);
  }
}
