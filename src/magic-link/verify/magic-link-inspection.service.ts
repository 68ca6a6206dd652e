import { Injectable } from '@nestjs/common';

import type { RequestContext } from '../../context/request-context';
import { Database } from '../../database/database.service';
import { valueOf } from '../link-refusal';
import { MagicLinkValidator } from './magic-link-validator.service';

/** Where a link was requested from, shown to the person who is about to use it. */
export interface InspectedLink {
  readonly requestedAt: Date;
  readonly expiresAt: Date;
  readonly ipAddress: string;
  readonly userAgent: string | null;
  /** Whether the link could be used from the context in which it is inspected. */
  readonly contextMatches: boolean;
}

/** Shows where links were requested from, without consuming them. */
@Injectable()
export class MagicLinkInspectionService {
  constructor(
    private readonly database: Database,
    private readonly validator: MagicLinkValidator,
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
    };
  }
}
