import { Inject, Injectable } from '@nestjs/common';

import { AuditRecorder } from '../../audit/audit-recorder.service';
import { AuditSubjects } from '../../audit/audit-subjects.service';
import { DEFAULT_TENANT } from '../../common/default-tenant';
import { RateLimitError } from '../../common/errors';
import { type RequestContext, requestInfo } from '../../context/request-context';
import { Database, type Transaction } from '../../database/database.service';
import { RateLimiter } from '../../rate-limit/rate-limiter';
import type { FoundMagicLink } from '../magic-link.repository';
import { MagicLinkLimits } from '../magic-link-limits.service';
import type { LinkRefusal } from './link-refusal';

/** Limits attempts to use links and codes, and records those that failed. */
@Injectable()
export class LinkAttempts {
  constructor(
    private readonly database: Database,
    private readonly limits: MagicLinkLimits,
    @Inject(RateLimiter) private readonly limiter: RateLimiter,
    private readonly subjects: AuditSubjects,
    private readonly audit: AuditRecorder,
  ) {}

  /**
   * Counts an attempt, whether or not there is such a link. It counts once the transaction has
   * committed, also when it is refused: commit first, throw afterwards.
   *
   * @param link the hash of a token or the id of a link, as it was presented.
   * @returns the refusal, if it is one.
   */
  async count(
    link: string,
    attempt: RequestContext,
    transaction: Transaction,
  ): Promise<RateLimitError | undefined> {
    const rules = this.limits.forVerification(link, attempt.context.ipAddress);
    const decision = await this.limiter.take(rules, transaction);
    if (decision.allowed) return undefined;
    if (decision.firstRefusal)
      await this.recordLimit('magic_link_verification', attempt, transaction);

    return new RateLimitError(decision.retryAfterSeconds);
  }

  /**
   * As `count`, in a transaction of its own.
   *
   * @throws RateLimitError (`rate_limited`).
   */
  async countAlone(link: string, attempt: RequestContext): Promise<void> {
    const refusal = await this.database.transaction((transaction) =>
      this.count(link, attempt, transaction),
    );
    if (refusal !== undefined) throw refusal;
  }

  /** Records that a limit has begun to refuse attempts. */
  async recordLimit(
    limit: 'magic_link_verification' | 'wrong_codes',
    attempt: RequestContext,
    transaction: Transaction,
  ): Promise<void> {
    await this.audit.record(
      [{ type: 'rate_limit.exceeded', tenantId: DEFAULT_TENANT, details: { limit } }],
      requestInfo(attempt),
      transaction,
    );
  }

  /** Records that nobody was signed in. */
  async recordFailure(
    attempt: RequestContext,
    { reason, differences }: Pick<LinkRefusal, 'reason' | 'differences'>,
    link: FoundMagicLink | undefined,
    transaction: Transaction,
  ): Promise<void> {
    // What is not genuine says nothing about whom it is of.
    const about =
      link === undefined || reason === 'link_invalid'
        ? { tenantId: DEFAULT_TENANT }
        : {
            tenantId: link.tenant_id,
            magicLinkId: link.id,
            subjectId: await this.subjects.getOrCreate(link.tenant_id, link.email, transaction),
          };
    const details = differences === undefined ? {} : { differences };
    await this.audit.record(
      [{ ...about, type: 'magic_link.failed', reason, details }],
      requestInfo(attempt),
      transaction,
    );
  }

  /** As `recordFailure`, in a transaction of its own. */
  async recordFailureAlone(
    attempt: RequestContext,
    refusal: Pick<LinkRefusal, 'reason' | 'differences'>,
    link: FoundMagicLink | undefined,
  ): Promise<void> {
    await this.database.transaction((transaction) =>
      this.recordFailure(attempt, refusal, link, transaction),
    );
  }
}
