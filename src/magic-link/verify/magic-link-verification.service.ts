import { Injectable } from '@nestjs/common';

import { Database, type Transaction } from '../../database/database.service';
import { linkRefusal, type Outcome, valueOf } from '../link-refusal';
import { LinkAttempts } from './link-attempts.service';
import { LinkSignIn } from './link-sign-in.service';
import { MagicLinkValidator } from './magic-link-validator.service';
import type { SignIn, SignInAttempt } from './sign-in-attempt';

export interface MagicLinkVerification extends SignInAttempt {
  /** As presented. */
  readonly token: string;
}

/** Signs people in with links (docs/guide.md, section 3.1, `verify_magic_link`). */
@Injectable()
export class MagicLinkVerificationService {
  constructor(
    private readonly database: Database,
    private readonly validator: MagicLinkValidator,
    private readonly attempts: LinkAttempts,
    private readonly links: LinkSignIn,
  ) {}

  /**
   * Signs in with the token of a mailed link, which works once.
   *
   * @throws TokenError `link_invalid`, `link_used`, `link_expired` or `context_mismatch`, checked
   *   in this order; AuthError `account_disabled`, `account_locked` or `sign_up_disabled`;
   *   InvalidRequestError (`invalid_request`) when the link's target is no longer on the
   *   allow-list; RateLimitError (`rate_limited`); UnavailableError (`unavailable`).
   */
  async verify({ token, ...attempt }: MagicLinkVerification): Promise<SignIn> {
    return valueOf(
      await this.database.transaction((transaction) => this.useLink(token, attempt, transaction)),
    );
  }

  private async useLink(
    token: string,
    attempt: SignInAttempt,
    transaction: Transaction,
  ): Promise<Outcome<SignIn>> {
    const validated = await this.validator.validate(token, attempt, transaction);
    if (validated.isRefused) return validated;
    const { link, evaluation } = validated.value;
    if (!evaluation.allowed) {
      const refusal = linkRefusal('context_mismatch', evaluation.differences);
      return this.attempts.recordRefusal(attempt, refusal, link, transaction);
    }
    return this.links.signIn(validated.value, 'magic_link', attempt, transaction);
  }
}
