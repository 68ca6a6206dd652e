import { Inject, Injectable } from '@nestjs/common';

import { AuditRecorder } from '../../audit/audit-recorder.service';
import { AuditSubjects } from '../../audit/audit-subjects.service';
import type { EventReferences } from '../../audit/security-event';
import { DEFAULT_TENANT } from '../../common/default-tenant';
import { RateLimitError } from '../../common/errors';
import { type RequestContext, requestInfo } from '../../context/request-context';
import type { Transaction } from '../../database/database.service';
import { RateLimiter } from '../../rate-limit/rate-limiter';
import { type LinkRefusal, type Outcome, refused } from '../link-refusal';
import { MagicLinkLimits } from '../magic-link-limits.service';
import type { FoundMagicLink } from '../magic-link-lookup.repository';

/** Limits attempts to use links and codes, and records refused ones. */
@Injectable()
export class LinkAttempts {
  constructor(
    private readonly limits: MagicLinkLimits,
    @Inject(RateLimiter) private readonly limiter: RateLimiter,
    private readonly subjects: AuditSubjects,
    private readonly audit: AuditRecorder,
  ) {}

  /**
   * Counts an attempt, whether or not there is such a link. The count takes effect when the
   * transaction commits, even if the attempt is refused.
   *
   * @param link the hash of a token or the id of a link, as presented.
   * @returns the refusal (`rate_limited`), or `undefined` when the attempt is within the limits.
   */
  async count(
    link: string,
    attempt: RequestContext,
    transaction: Transaction,
  ): Promise<LinkRefusal | undefined> {
    const rules = this.limits.forVerification(link, attempt.context.ipAddress);
    const decision = await this.limiter.take(rules, transaction);
    if (decision.allowed) return undefined;
    if (decision.firstRefusal) {
      await this.recordLimit('magic_link_verification', attempt, transaction);
    }

    return { error: new RateLimitError(decision.retryAfterSeconds) };
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

  /** Records that nobody was signed in, and why. */
  async recordRefusal(
    attempt: RequestContext,
    refusal: LinkRefusal,
    link: FoundMagicLink | undefined,
    transaction: Transaction,
  ): Promise<Outcome<never>> {
    const { reason, differences } = refusal;
    if (reason !== undefined) {
      const about = await this.eventReferences(reason, link, transaction);
      const details = differences === undefined ? {} : { differences };
      await this.audit.record(
        [{ ...about, type: 'magic_link.failed', reason, details }],
        requestInfo(attempt),
        transaction,
      );
    }
    return refused(refusal);
  }

  /** What an event is about. A token that is not genuine is attributed to no link or address. */
  private async eventReferences(
    reason: NonNullable<LinkRefusal['reason']>,
    link: FoundMagicLink | undefined,
    transaction: Transaction,
  ): Promise<EventReferences> {
    if (link === undefined || reason === 'link_invalid') return { tenantId: DEFAULT_TENANT };
    const { id: magicLinkId, tenant_id: tenantId, email } = link;
    const subjectId = await this.subjects.getOrCreate(tenantId, email, transaction);
    return { tenantId, magicLinkId, subjectId };
  }
}
