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

/**
 * How a run ended: all is done; another instance is at it and was left to it; or it was stopped.
 */
export type CleanUpOutcome = 'completed' | 'yielded' | 'stopped';

const NOTHING: CleanUpCounts = {
  rate_limits: 0,
  code_lockouts: 0,
  abandoned_mails: 0,
  mails: 0,
  magic_links: 0,
  sessions: 0,
  session_revocations: 0,
};

/**
 * Deletes what has stood long enough: small batches, each in a transaction of its own, and after
 * each a rest that is some times as long, so that requests hardly notice.
 */
@Injectable()
export class CleanUp {
  private readonly logger = new Logger('CleanUp');
  /** What earlier runs did and could not record, because the database was away. */
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
   * Cleans up once, unless another instance does. What was deleted is logged at the end, and
   * recorded as one event if it is anything; also when the run fails half-way.
   *
   * @param stopping ends the run after the batch that is under way.
   * @throws UnavailableError (`unavailable`) when the database is away. The next run does the rest.
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
        await this.rest(took, isLast ? 0 : (batch.waitMilliseconds ?? 0), stopping);
      }
    }
    return 'completed';
  }

  /** @returns nothing when another instance is at it. */
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

  private async rest(took: number, atLeast: number, stopping: AbortSignal): Promise<void> {
    const { restFactor, longestRestMilliseconds } = this.settings;
    const rest = Math.max(Math.min(restFactor * took, longestRestMilliseconds), atLeast);
    await delay(rest, undefined, { signal: stopping }).catch(() => undefined);
  }

  /** Records what was done, with what could not be recorded before. */
  private async record(done: CleanUpCounts): Promise<void> {
    const details = sum(this.unrecorded, done);
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
      this.logger.warn('What was cleaned up could not be recorded yet');
    }
  }
}

/** How far a run has come. */
interface Run {
  counts: CleanUpCounts;
  reportedAt: number;
}

function sum(counts: CleanUpCounts, more: Partial<CleanUpCounts>): CleanUpCounts {
  const total = { ...counts };
  for (const kind of Object.keys(NOTHING) as (keyof CleanUpCounts)[])
    total[kind] += more[kind] ?? 0;

  return total;
}

function isAnything(counts: CleanUpCounts): boolean {
  return Object.values(counts).some((count: number) => count > 0);
}
