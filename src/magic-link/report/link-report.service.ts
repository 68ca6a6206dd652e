import { Injectable } from '@nestjs/common';

import { AuditRecorder } from '../../audit/audit-recorder.service';
import { AuditSubjects } from '../../audit/audit-subjects.service';
import { type RequestContext, requestInfo } from '../../context/request-context';
import { tokenHash } from '../../crypto/token-hash';
import { Database, type Transaction } from '../../database/database.service';
import { SessionService } from '../../session/session.service';
import { accepted, linkRefusal, type Outcome, refused, valueOf } from '../link-refusal';
import { LinkReportTokens } from '../link-report-tokens.service';
import { type FoundMagicLink, MagicLinkRepository } from '../magic-link.repository';
import { MagicLinkLimits } from '../magic-link-limits.service';
import { LinkAttempts } from '../verify/link-attempts.service';

/** "This wasn't me": lets the owner of an address report a link that somebody else requested. */
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
   * Ends a link and the session that was opened with it. For a day, also stops mails to its address
   * that are requested from the same network. Works on a used link too, and may be repeated.
   *
   * @param token the report token from the mail, as presented.
   * @throws TokenError `link_invalid` or `link_expired`; RateLimitError (`rate_limited`);
   *   UnavailableError (`unavailable`).
   */
  async report(token: string, attempt: RequestContext): Promise<void> {
    valueOf(
      await this.database.transaction((transaction) => this.take(token, attempt, transaction)),
    );
  }

  private async take(
    token: string,
    attempt: RequestContext,
    transaction: Transaction,
  ): Promise<Outcome<void>> {
    const [limited, now] = await Promise.all([
      this.attempts.count(tokenHash(token), attempt, transaction),
      transaction.now(),
    ]);
    if (limited !== undefined) return refused(limited);
    const genuine = await this.tokens.verify(token, now);
    const { link } =
      genuine === undefined
        ? { link: undefined }
        : await this.repository.findById(genuine.claims.id, transaction);
    if (genuine === undefined || link === undefined || genuine.expired) {
      const refusal = linkRefusal(link === undefined ? 'link_invalid' : 'link_expired');
      return this.attempts.recordRefusal(attempt, refusal, link, transaction);
    }
    await this.end(link, attempt, transaction);
    return accepted(undefined);
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
}
