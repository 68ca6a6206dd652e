import { Inject, Injectable } from '@nestjs/common';

import type { CleanUpCounts } from '../audit/security-event';
import { RESOLVED_OPTIONS, type ResolvedAuthOptions } from '../config/resolved-options';
import { SESSION_LEASE_MILLISECONDS } from '../config/session-lease';
import type { Transaction } from '../database/database.service';
import { CleanUpSettings } from './clean-up-settings';
import { MagicLinkRetentionRepository } from './retention/magic-link-retention.repository';
import { MailOutboxRetentionRepository } from './retention/mail-outbox-retention.repository';
import { RateLimitRetentionRepository } from './retention/rate-limit-retention.repository';
import { SessionRetentionRepository } from './retention/session-retention.repository';

/** What one batch did. */
export interface CleanUpBatch {
  readonly counts: Partial<CleanUpCounts>;
  /** Nothing worth another batch is left for this run. */
  readonly isLast: boolean;
  /** How long the next batch must wait at least. @default no time */
  readonly waitMilliseconds?: number;
}

/** Twice the lease under which instances answer for sessions from memory (invariant I9). */
const TWO_LEASES_MILLISECONDS = 2 * SESSION_LEASE_MILLISECONDS;

/** Cleans up rows of one kind, one batch at each call. */
export type CleanUpTask = (transaction: Transaction) => Promise<CleanUpBatch>;

/** Knows what is to be cleaned up, and when it has stood long enough. */
@Injectable()
export class CleanUpTasks {
  constructor(
    private readonly limits: RateLimitRetentionRepository,
    private readonly links: MagicLinkRetentionRepository,
    private readonly mails: MailOutboxRetentionRepository,
    private readonly sessions: SessionRetentionRepository,
    @Inject(RESOLVED_OPTIONS) private readonly options: Pick<ResolvedAuthOptions, 'cleanUp'>,
    @Inject(CleanUpSettings) private readonly settings: CleanUpSettings,
  ) {}

  /** The work of one run, in its order: a link can go once its mail has ended. */
  ofOneRun(): CleanUpTask[] {
    const { batchSize } = this.settings;
    const { linkRetentionSeconds, mailRetentionSeconds, sessionRetentionSeconds } =
      this.options.cleanUp;
    return [
      this.walkOverLimits(),
      this.inBatches('code_lockouts', (transaction) =>
        this.links.deleteIdleLockouts(batchSize, transaction),
      ),
      this.inBatches('abandoned_mails', (transaction) =>
        this.mails.expireAbandoned(batchSize, transaction),
      ),
      this.inBatches('mails', (transaction) =>
        this.mails.deleteEnded(mailRetentionSeconds, batchSize, transaction),
      ),
      this.inBatches('magic_links', (transaction) =>
        this.links.deleteUnused(linkRetentionSeconds, batchSize, transaction),
      ),
      async (transaction) => {
        const counts = await this.sessions.deleteExpired(
          sessionRetentionSeconds,
          batchSize,
          transaction,
        );
        return { counts, isLast: this.isScant(counts.sessions) };
      },
      this.forgetRevocations(),
    ];
  }

  /** Looks first, and deletes what it has seen when all instances have seen it too. */
  private forgetRevocations(): CleanUpTask {
    let seen: string | undefined;
    const forget = this.inBatches('session_revocations', (transaction) =>
      this.sessions.deleteRevocations(seen ?? '', this.settings.batchSize, transaction),
    );
    return async (transaction) => {
      if (seen !== undefined) return forget(transaction);
      seen = await this.sessions.seeRevocations(transaction);
      return {
        counts: {},
        isLast: seen === undefined,
        waitMilliseconds: TWO_LEASES_MILLISECONDS,
      };
    };
  }

  private walkOverLimits(): CleanUpTask {
    let block = 0;
    return async (transaction) => {
      const { deleted, nextBlock } = await this.limits.deleteExpired(block, transaction);
      block = nextBlock ?? block;
      return { counts: { rate_limits: deleted }, isLast: nextBlock === null };
    };
  }

  private inBatches(
    kind: keyof CleanUpCounts,
    work: (transaction: Transaction) => Promise<number>,
  ): CleanUpTask {
    return async (transaction) => {
      const count = await work(transaction);
      return { counts: { [kind]: count }, isLast: this.isScant(count) };
    };
  }

  /**
   * Whether a batch found so little that the rest may wait. A few rows less than a whole batch may
   * just be held by others; and a run does not chase what expires meanwhile.
   */
  private isScant(count: number): boolean {
    return count < this.settings.batchSize / 2;
  }
}
