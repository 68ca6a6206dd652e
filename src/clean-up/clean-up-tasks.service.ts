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

/** The result of one batch. */
export interface CleanUpBatch {
  readonly counts: Partial<CleanUpCounts>;
  /** Whether too little is left to be worth another batch in this run. */
  readonly isLast: boolean;
  /** The shortest pause before the next batch. Absent for none. */
  readonly waitMilliseconds?: number;
}

/** Twice the lease under which instances answer from memory (invariant I9). */
const TWO_LEASES_MILLISECONDS = 2 * SESSION_LEASE_MILLISECONDS;

/** Cleans up rows of one kind, one batch per call. */
export type CleanUpTask = (transaction: Transaction) => Promise<CleanUpBatch>;

/** Knows what to clean up, and after how long. */
@Injectable()
export class CleanUpTasks {
  constructor(
    private readonly limits: RateLimitRetentionRepository,
    private readonly links: MagicLinkRetentionRepository,
    private readonly mails: MailOutboxRetentionRepository,
    private readonly sessions: SessionRetentionRepository,
    @Inject(RESOLVED_OPTIONS)
    private readonly options: Pick<ResolvedAuthOptions, 'cleanUp' | 'session'>,
    @Inject(CleanUpSettings) private readonly settings: CleanUpSettings,
  ) {}

  /** The tasks of one run, in order: a link can be deleted once its mail is no longer pending. */
  ofOneRun(): CleanUpTask[] {
    const { batchSize } = this.settings;
    const { linkRetentionSeconds, mailRetentionSeconds, sessionRetentionSeconds } =
      this.options.cleanUp;
    return [
      this.deleteLimits(),
      this.inBatches('code_lockouts', (transaction) =>
        this.links.deleteIdleLockouts(batchSize, transaction),
      ),
      this.inBatches('mail_pauses', (transaction) =>
        this.links.deleteEndedPauses(batchSize, transaction),
      ),
      this.inBatches('devices', (transaction) =>
        this.sessions.deleteUnusedDevices(
          this.options.session.knownDeviceSeconds,
          batchSize,
          transaction,
        ),
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
        return { counts, isLast: this.isLastBatch(counts.sessions) };
      },
      this.deleteRevocations(),
    ];
  }

  /** Takes a snapshot first. Deletes what it contains once all instances have read that too. */
  private deleteRevocations(): CleanUpTask {
    let snapshot: string | undefined;
    const deleteBatch = this.inBatches('session_revocations', (transaction) =>
      this.sessions.deleteRevocations(snapshot ?? '', this.settings.batchSize, transaction),
    );
    return async (transaction) => {
      if (snapshot !== undefined) return deleteBatch(transaction);
      snapshot = await this.sessions.revocationsSnapshot(transaction);
      return {
        counts: {},
        isLast: snapshot === undefined,
        waitMilliseconds: TWO_LEASES_MILLISECONDS,
      };
    };
  }

  private deleteLimits(): CleanUpTask {
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
      return { counts: { [kind]: count }, isLast: this.isLastBatch(count) };
    };
  }

  /**
   * Whether a batch was so small that the remaining rows can wait for the next run. The threshold
   * is half a batch: a few rows may be missing only because others have locked them, and a run need
   * not chase rows that expire while it works.
   */
  private isLastBatch(count: number): boolean {
    return count < this.settings.batchSize / 2;
  }
}
