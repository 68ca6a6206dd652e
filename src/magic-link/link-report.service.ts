import { Injectable } from '@nestjs/common';

import { AuditRecorder } from '../audit/audit-recorder.service';
import { Subjects } from '../audit/subjects.service';
import { tokenHash } from '../crypto/token-hash';
import { Database, type Transaction } from '../database/database';
import { eventOrigin } from '../session/event-origin';
import { SessionService } from '../session/session.service';
import { LinkAttempts } from './link-attempts.service';
import { linkRefusal } from './link-refusal';
import { LinkReportTokens } from './link-report-tokens.service';
import { MagicLinkLimits } from './magic-link-limits.service';
import { type FoundMagicLink, MagicLinkRepository } from './magic-link.repository';
import type { LinkAttempt } from './sign-in-attempt';

/** "This wasn't me": lets the owner of an address end what somebody else has asked for. */
@Injectable()
export class LinkReportService {
  constructor(
    private readonly database: Database,
    private readonly repository: MagicLinkRepository,
    private readonly tokens: LinkReportTokens,
    private readonly attempts: LinkAttempts,
    private readonly sessions: SessionService,
    private readonly limits: MagicLinkLimits,
    private readonly subjects: Subjects,
    private readonly audit: AuditRecorder,
  ) {}

  /**
   * Ends a link and the session that came of it, and ends mails to its address from the network
   * that asked, for a day. Works once the link was used, too, and again without effect.
   *
   * @param token of its own type, from the mail, as it was presented.
   * @throws TokenError `link_invalid` or `link_expired`; RateLimitError (`rate_limited`);
   *   UnavailableError (`unavailable`).
   */
  async report(token: string, attempt: LinkAttempt): Promise<void> {
    await this.attempts.countAlone(tokenHash(token), attempt);
    const now = await this.database.now();
    const verified = await this.tokens.verify(token, now);
    const { link } =
      verified === undefined
        ? { link: undefined }
        : await this.repository.findById(verified.claims.id, this.database);
    if (verified === undefined || link === undefined) {
      throw await this.refuse(attempt, 'link_invalid');
    }
    if (verified.expired) throw await this.refuse(attempt, 'link_expired', link);
    await this.database.transaction((transaction) => this.end(link, attempt, transaction));
  }

  private async end(
    link: FoundMagicLink,
    attempt: LinkAttempt,
    transaction: Transaction,
  ): Promise<void> {
    const { tenant_id: tenantId, email, client_network: clientNetwork } = link;
    const origin = eventOrigin(attempt);
    await this.repository.lockAddress(tenantId, email, transaction);
    this.repository.supersede(link.id, transaction);
    await this.sessions.endReported(link.id, origin, transaction);
    await this.limits.silence({ tenantId, email, clientNetwork }, transaction);
    await this.audit.record(
      [
        {
          type: 'magic_link.reported',
          tenantId,
          subjectId: await this.subjects.ofAddress(tenantId, email, transaction),
          magicLinkId: link.id,
          details: {},
        },
      ],
      origin,
      transaction,
    );
  }

  private async refuse(
    attempt: LinkAttempt,
    code: 'link_invalid' | 'link_expired',
    link?: FoundMagicLink,
  ): Promise<Error> {
    const refusal = linkRefusal(code);
    await this.attempts.recordFailureAlone(attempt, refusal, link);
    return refusal.error;
  }
}
