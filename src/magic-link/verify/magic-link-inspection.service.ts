import { Injectable } from '@nestjs/common';

import type { ContextDifference } from '../../context/context-policy';
import type { RequestContext } from '../../context/request-context';
import { Database } from '../../database/database.service';
import { maskedEmailAddress } from '../../users/email-address';
import { valueOf } from '../link-refusal';
import { LinkReportTokens } from '../link-report-tokens.service';
import { MagicLinkValidator } from './magic-link-validator.service';

/** What a link is for and where it was requested, shown to the person who is about to use it. */
export interface InspectedLink {
  readonly requestedAt: Date;
  readonly expiresAt: Date;
  readonly ipAddress: string;
  readonly userAgent: string | null;
  /** Whether the link could be used from the context in which it is inspected. */
  readonly contextMatches: boolean;
  /** What the policy refuses; nothing where the context matches. */
  readonly differences: readonly ContextDifference[];
  /** The account's address: in full where the context matches, masked elsewhere. */
  readonly email: string;
  readonly redirectTo: string | null;
  /** For "it wasn't me", like that of the mail, but it cannot undo. */
  readonly reportToken: string;
  /** Whether the link was requested by this very device, proven by its secret. */
  readonly isOwnDevice: boolean;
}

/** Shows what links are for and where they were requested, without consuming them. */
@Injectable()
export class MagicLinkInspectionService {
  constructor(
    private readonly database: Database,
    private readonly validator: MagicLinkValidator,
    private readonly reportTokens: LinkReportTokens,
  ) {}

  /**
   * @param token as presented.
   * @throws TokenError `link_invalid`, `link_used` or `link_expired`; InvalidRequestError
   *   (`invalid_request`) when the link's target is no longer on the allow-list; RateLimitError
   *   (`rate_limited`); UnavailableError (`unavailable`).
   */
  async inspect(token: string, attempt: RequestContext): Promise<InspectedLink> {
    const { link, evaluation } = valueOf(
      await this.database.transaction((transaction) =>
        this.validator.validate(token, attempt, transaction),
      ),
    );
    return {
      requestedAt: link.created_at,
      expiresAt: link.expires_at,
      ipAddress: link.ip_address,
      userAgent: link.user_agent,
      contextMatches: evaluation.allowed,
      differences: evaluation.allowed ? [] : evaluation.differences,
      email: evaluation.allowed ? link.email : maskedEmailAddress(link.email),
      redirectTo: link.redirect_to,
      reportToken: await this.reportTokens.deriveForHolder(link),
      isOwnDevice: this.validator.isRequestingDevice(link, attempt.context),
    };
  }
}
