import { Injectable } from '@nestjs/common';

import { AuditRecorder } from '../../audit/audit-recorder.service';
import { AuditSubjects } from '../../audit/audit-subjects.service';
import { type RequestContext, requestInfo } from '../../context/request-context';
import { tokenHash } from '../../crypto/token-hash';
import { Database, type Transaction } from '../../database/database.service';
import { SessionService } from '../../session/session.service';
import { LinkReportTokens } from '../link-report-tokens.service';
import { type FoundMagicLink, MagicLinkRepository } from '../magic-link.repository';
import { MagicLinkLimits } from '../magic-link-limits.service';
import { LinkAttempts } from '../verify/link-attempts.service';
import { linkRefusal } from '../verify/link-refusal';

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
    private readonly subjects: AuditSubjects,
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
  async report(token: string, attempt: RequestContext): Promise<void> {
    await this.attempts.countAlone(tokenHash(token), attempt);
    const now = await this.database.now();
    const verified = await this.tokens.verify(token, now);
    const { link } =
      verified === undefined
        ? { link: undefined }
        : await this.repository.findById(verified.claims.id, this.database);
    if (verified === undefined || link === undefined)
      throw await this.refuse(attempt, 'link_invalid');

    if (verified.expired) throw await this.refuse(attempt, 'link_expired', link);
    await this.database.transaction((transaction) => this.end(link, attempt, transaction));
  }

  private async end(
    link: FoundMagicLink,
    attempt: RequestContext,
    transaction: Transaction,
  ): Promise<void> {
    const { tenant_id: tenantId, email, client_network: clientNetwork } = link;
    const info = requestInfo(attempt);
    await this.repository.lockAddress(tenantId, email, transaction);
    this.repository.supersede(link.id, transaction);
    await this.sessions.endReported(link.id, info, transaction);
    await this.limits.silence({ tenantId, email, clientNetwork }, transaction);
    await this.audit.record(
      [
        {
          type: 'magic_link.reported',
          tenantId,
          subjectId: await this.subjects.getOrCreate(tenantId, email, transaction),
          magicLinkId: link.id,
          details: {},
        },
      ],
      info,
      transaction,
    );
  }

  private async refuse(
    attempt: RequestContext,
    code: 'link_invalid' | 'link_expired',
    link?: FoundMagicLink,
  ): Promise<Error> {
    const refusal = linkRefusal(code);
    await this.attempts.recordFailureAlone(attempt, refusal, link);
    return refusal.error;
  }
}
