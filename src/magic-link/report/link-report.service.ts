import { Injectable } from '@nestjs/common';

import { AuditRecorder } from '../../audit/audit-recorder.service';
import { AuditSubjects } from '../../audit/audit-subjects.service';
import type { EventReferences, ReportStatement } from '../../audit/security-event';
import { InvalidRequestError } from '../../common/errors';
import { type RequestContext, requestInfo } from '../../context/request-context';
import { tokenHash } from '../../crypto/token-hash';
import { Database, type Transaction } from '../../database/database.service';
import type { PresentedSessions } from '../../session/issue/session-issuer.service';
import { SessionReports } from '../../session/session-reports.service';
import { accepted, linkRefusal, type Outcome, refused, valueOf } from '../link-refusal';
import { MagicLinkRepository } from '../magic-link.repository';
import type { FoundMagicLink } from '../magic-link-lookup.repository';
import { MailPauses } from '../mail-pauses.service';
import { LinkAttempts } from '../verify/link-attempts.service';
import { MagicLinkValidator } from '../verify/magic-link-validator.service';
import { type Reported, ReportTokens } from './report-tokens.service';

/** "This wasn't me", as a request says it. */
export interface MailReport extends RequestContext {
  /** The report token from the mail, as presented. */
  readonly token: string;
  readonly statement: ReportStatement;
  /** The sessions that the request presents. */
  readonly presented: PresentedSessions;
}

/**
 * "This wasn't me": lets the recipient of a mail say that its link or its sign-in was not theirs
 * (docs/reference/owner-or-stranger.md#it-wasnt-me).
 */
@Injectable()
export class LinkReportService {
  constructor(
    private readonly database: Database,
    private readonly repository: MagicLinkRepository,
    private readonly tokens: ReportTokens,
    private readonly attempts: LinkAttempts,
    private readonly validator: MagicLinkValidator,
    private readonly sessions: SessionReports,
    private readonly pauses: MailPauses,
    private readonly subjects: AuditSubjects,
    private readonly audit: AuditRecorder,
  ) {}

  /**
   * Ends what a mail is about. Works after a link was used, too, and may be repeated. From the device
   * that has requested the link it ends that link and its code, and nothing else.
   *
   * @returns until when the report can be undone.
   * @throws InvalidRequestError (`invalid_request`) when the statement does not fit the mail;
   *   TokenError `link_invalid` or `link_expired`; RateLimitError (`rate_limited`);
   *   UnavailableError (`unavailable`).
   */
  async report(report: MailReport): Promise<Date> {
    return this.take(report.token, report, async (reported, transaction) => {
      const isAboutSignIn = report.statement === 'not_my_sign_in';
      if (isAboutSignIn !== (reported.about === 'sign-in')) {
        const message = 'This does not fit the mail that the token is from.';
        return refused({ error: new InvalidRequestError([{ field: 'statement', message }]) });
      }

      await (reported.about === 'link'
        ? this.endLink(reported.link, report, transaction)
        : this.endSignIn(reported.sessionId, report, transaction));
      return accepted(reported.expiresAt);
    });
  }

  /**
   * Takes a report back: mails are sent again, and the device is known again. What was ended stays
   * ended. May be repeated.
   *
   * @param token from the mail. The one that `inspect` gives does not do: whoever was sent the link
   *   by mistake has that too, and must not take back what the owner reports.
   * @throws as `report`, but for the statement.
   */
  async undo(token: string, attempt: RequestContext): Promise<void> {
    await this.take(token, attempt, async (reported, transaction) => {
      if (!reported.mayUndo) return refused(linkRefusal('link_invalid'));
      const about = await (reported.about === 'link'
        ? this.undoForLink(reported.link, transaction)
        : this.sessions.undo({ sessionId: reported.sessionId }, transaction));
      if (about !== undefined) {
        await this.audit.record(
          [{ ...about, type: 'report.undone', details: {} }],
          requestInfo(attempt),
          transaction,
        );
      }

      return accepted(undefined);
    });
  }

  /** Checks a token and does something about the mail that it is from, in one transaction. */
  private async take<T>(
    token: string,
    attempt: RequestContext,
    work: (reported: Reported, transaction: Transaction) => Promise<Outcome<T>>,
  ): Promise<T> {
    return valueOf(
      await this.database.transaction(async (transaction): Promise<Outcome<T>> => {
        const [limited, now] = await Promise.all([
          this.attempts.count(tokenHash(token), attempt, transaction),
          transaction.now(),
        ]);
        if (limited !== undefined) return refused(limited);
        const reported = await this.tokens.find(token, now, transaction);
        if (reported === undefined || reported.expiresAt <= now) {
          const refusal = linkRefusal(reported === undefined ? 'link_invalid' : 'link_expired');
          const link = reported?.about === 'link' ? reported.link : undefined;
          return this.attempts.recordRefusal(attempt, refusal, link, transaction);
        }
        return work(reported, transaction);
      }),
    );
  }

  private async endLink(
    link: FoundMagicLink,
    report: MailReport,
    transaction: Transaction,
  ): Promise<void> {
    const { tenant_id: tenantId, email, client_network: clientNetwork } = link;
    const info = requestInfo(report);
    const isOwnDevice = this.validator.isRequestingDevice(link, report.context);
    await this.repository.lockAddress(tenantId, email, transaction);
    this.repository.supersede(link.id, transaction);
    if (!isOwnDevice) {
      const wasAskedForCode = report.statement === 'code_was_asked_for';
      const { cookieHash, bearerHash } = report.presented;
      await this.sessions.end(
        {
          magicLinkId: link.id,
          reportId: link.id,
          sparesKnownDevice: !wasAskedForCode,
          spared: wasAskedForCode ? [cookieHash, bearerHash] : [],
        },
        info,
        transaction,
      );
      if (await this.repository.markReported(link.id, transaction)) {
        this.pauses.begin({ tenantId, email, clientNetwork }, transaction);
      }
    }

    await this.audit.record(
      [
        {
          type: 'magic_link.reported',
          tenantId,
          subjectId: await this.subjects.getOrCreate(tenantId, email, transaction),
          magicLinkId: link.id,
          reason: report.statement,
          details: { from_requesting_device: isOwnDevice },
        },
      ],
      info,
      transaction,
    );
  }

  private async endSignIn(
    sessionId: string,
    report: MailReport,
    transaction: Transaction,
  ): Promise<void> {
    const info = requestInfo(report);
    const about = await this.sessions.end(
      { sessionId, reportId: sessionId, sparesKnownDevice: false, spared: [] },
      info,
      transaction,
    );
    if (about === undefined) return;
    await this.audit.record(
      [
        {
          ...about,
          type: 'magic_link.reported',
          reason: report.statement,
          details: { from_requesting_device: false },
        },
      ],
      info,
      transaction,
    );
  }

  /** @returns what the event is about; `undefined` when there was nothing to undo. */
  private async undoForLink(
    link: FoundMagicLink,
    transaction: Transaction,
  ): Promise<EventReferences | undefined> {
    const { id: magicLinkId, tenant_id: tenantId, email, client_network: clientNetwork } = link;
    await this.repository.lockAddress(tenantId, email, transaction);
    if (!(await this.repository.unmarkReported(magicLinkId, transaction))) return undefined;
    const session = await this.sessions.undo({ magicLinkId }, transaction);
    this.pauses.liftFor({ tenantId, email, clientNetwork }, transaction);
    const subjectId = await this.subjects.getOrCreate(tenantId, email, transaction);
    return { tenantId, ...session, subjectId, magicLinkId };
  }
}
