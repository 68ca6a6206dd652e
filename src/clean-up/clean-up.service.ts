import { setTimeout as delay } from 'node:timers/promises';

import { Inject, Injectable, Logger } from '@nestjs/common';

import { AuditRecorder } from '../audit/audit-recorder.service';
import type { CleanUpCounts } from '../audit/security-event';
import { Clock } from '../common/clock';
import { DEFAULT_TENANT } from '../common/default-tenant';
import { NO_REQUEST } from '../context/request-context';
import { Database } from '../database/database.service';
import { CleanUpLockRepository } from './clean-up-lock.repository';
import { CleanUpSettings } from './clean-up-settings';
import { type CleanUpBatch, type CleanUpTask, CleanUpTasks } from './clean-up-tasks.service';

/** How a run ended: it did everything, left the work to another instance, or was stopped. */
export type CleanUpOutcome = 'completed' | 'yielded' | 'stopped';

const NOTHING: CleanUpCounts = {
  rate_limits: 0,
  code_lockouts: 0,
  mail_pauses: 0,
  devices: 0,
  abandoned_mails: 0,
  mails: 0,
  magic_links: 0,
  sessions: 0,
  session_revocations: 0,
};

/**
 * Deletes expired data in small batches, each in its own transaction. Pauses after each batch for a
 * multiple of the time that it took, so that requests are hardly affected.
 */
@Injectable()
export class CleanUp {
  private readonly logger = new Logger('CleanUp');
  /** Counts of earlier runs that are not recorded yet, because the database was unavailable. */
  private unrecorded = NOTHING;

  constructor(
    private readonly database: Database,
    private readonly lock: CleanUpLockRepository,
    private readonly tasks: CleanUpTasks,
    private readonly audit: AuditRecorder,
    @Inject(Clock) private readonly clock: Clock,
    @Inject(CleanUpSettings) private readonly settings: CleanUpSettings,
  ) {}

  /**
   * Cleans up once, unless another instance is doing so. At the end the counts are logged and, if
   * anything was deleted, recorded as one audit event; also when the run fails half-way.
   *
   * @param stopping ends the run after the current batch.
   * @throws UnavailableError (`unavailable`) when the database is unavailable. The next run
   *   continues the work.
   */
  async run(stopping: AbortSignal): Promise<CleanUpOutcome> {
    const startedAt = this.clock.monotonicMilliseconds();
    const run: Run = { counts: NOTHING, reportedAt: startedAt };
    let outcome: CleanUpOutcome | 'failed' = 'failed';
    try {
      outcome = await this.workThrough(run, stopping);
      return outcome;
    } finally {
      await this.record(run.counts);
      if (outcome !== 'yielded' || isAnything(run.counts)) {
        const duration = this.clock.monotonicMilliseconds() - startedAt;
        this.logger.log({
          message: 'Cleaned up',
          outcome,
          ...run.counts,
          duration_ms: Math.round(duration),
        });
      }
    }
  }

  private async workThrough(run: Run, stopping: AbortSignal): Promise<CleanUpOutcome> {
    for (const task of this.tasks.ofOneRun()) {
      for (let isLast = false; !isLast;) {
        if (stopping.aborted) return 'stopped';
        const startedAt = this.clock.monotonicMilliseconds();
        const batch = await this.oneBatch(task);
        if (batch === undefined) return 'yielded';
        run.counts = sum(run.counts, batch.counts);
        this.report(run);
        const took = this.clock.monotonicMilliseconds() - startedAt;
        isLast = batch.isLast;
        await this.pause(took, isLast ? 0 : (batch.waitMilliseconds ?? 0), stopping);
      }
    }
    return 'completed';
  }

  /** @returns `undefined` when another instance is cleaning up. */
  private async oneBatch(task: CleanUpTask): Promise<CleanUpBatch | undefined> {
    return this.database.transaction(async (transaction) =>
      (await this.lock.tryTake(transaction)) ? task(transaction) : undefined,
    );
  }

  private report(run: Run): void {
    const now = this.clock.monotonicMilliseconds();
    if (now - run.reportedAt < this.settings.reportIntervalMilliseconds) return;
    run.reportedAt = now;
    this.logger.log({ message: 'Cleaning up', ...run.counts });
  }

  private async pause(took: number, atLeast: number, stopping: AbortSignal): Promise<void> {
    const { pauseFactor, maxPauseMilliseconds } = this.settings;
    const pause = Math.max(Math.min(pauseFactor * took, maxPauseMilliseconds), atLeast);
    await delay(pause, undefined, { signal: stopping }).catch(() => undefined);
  }

  /** Records the counts of a run, together with those that could not be recorded before. */
  private async record(counts: CleanUpCounts): Promise<void> {
    const details = sum(this.unrecorded, counts);
    this.unrecorded = NOTHING;
    if (!isAnything(details)) return;
    try {
      await this.database.transaction((transaction) =>
        this.audit.record(
          [{ type: 'expired_data.deleted', tenantId: DEFAULT_TENANT, details }],
          NO_REQUEST,
          transaction,
        ),
      );
    } catch {
      this.unrecorded = sum(this.unrecorded, details);
      this.logger.warn(
        'The audit event of the clean-up could not be recorded yet; the next run retries',
      );
    }
  }
}

/** The progress of a run. */
interface Run {
  counts: CleanUpCounts;
  reportedAt: number;
}

function sum(counts: CleanUpCounts, more: Partial<CleanUpCounts>): CleanUpCounts {
  const total = { ...counts };
  for (const kind of Object.keys(NOTHING) as (keyof CleanUpCounts)[]) {
    total[kind] += more[kind] ?? 0;
  }

  return total;
}

function isAnything(counts: CleanUpCounts): boolean {
  return Object.values(counts).some((count: number) => count > 0);
}
