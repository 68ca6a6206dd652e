import {
  Inject,
  Injectable,
  Logger,
  type OnApplicationBootstrap,
  type OnApplicationShutdown,
} from '@nestjs/common';

import { RESOLVED_OPTIONS, type ResolvedAuthOptions } from '../../config/resolved-options';
import { Database } from '../../database/database.service';
import { SessionRepository } from '../session.repository';
import type { SessionCacheEntry } from './session-cache.service';

/** After one use of a session is recorded, others are ignored for this long: reads stay reads. */
const MAX_RECORD_INTERVAL_SECONDS = 60;

/** Recorded uses are written at least this often. */
const MAX_FLUSH_INTERVAL_SECONDS = 5;

/**
 * Idleness is measured to within a tenth of the idle time-out. Each interval may take half of that:
 * a twentieth until a use is recorded, and a twentieth until it is written for other instances.
 */
const INTERVALS_PER_IDLE_TIMEOUT = 20;

/** Records when sessions were used, and writes that to the database for many sessions at once. */
@Injectable()
export class LastUse implements OnApplicationBootstrap, OnApplicationShutdown {
  private readonly logger = new Logger('Sessions');
  private readonly recordIntervalMilliseconds: number;
  private readonly flushIntervalMilliseconds: number;
  /** Uses that are not written yet: session id to Unix milliseconds by the database's clock. */
  private pending = new Map<string, number>();
  /** The batch of the last write. A row may have been read before that write took effect. */
  private written: ReadonlyMap<string, number> = new Map();
  private timer: NodeJS.Timeout | undefined;
  private flushing: Promise<void> = Promise.resolve();

  constructor(
    private readonly database: Database,
    private readonly repository: SessionRepository,
    @Inject(RESOLVED_OPTIONS) private readonly options: Pick<ResolvedAuthOptions, 'session'>,
  ) {
    const { idleTimeoutSeconds } = options.session;
    const intervalSeconds =
      idleTimeoutSeconds === 0 ? Infinity : idleTimeoutSeconds / INTERVALS_PER_IDLE_TIMEOUT;
    this.recordIntervalMilliseconds =
      Math.min(MAX_RECORD_INTERVAL_SECONDS, intervalSeconds) * 1_000;
    this.flushIntervalMilliseconds = Math.min(MAX_FLUSH_INTERVAL_SECONDS, intervalSeconds) * 1_000;
  }

  /** @param now in Unix milliseconds by the database's clock. */
  record(entry: SessionCacheEntry, now: number): void {
    entry.lastUsedAt = now;
    if (now - entry.recordedAt < this.recordIntervalMilliseconds) return;
    entry.recordedAt = now;
    this.pending.set(entry.session.id, now);
  }

  /** Whether a session has idled out. Both times in Unix milliseconds by the database's clock. */
  hasIdledOut(lastUsedAt: number, now: number): boolean {
    const { idleTimeoutSeconds } = this.options.session;
    return idleTimeoutSeconds > 0 && now - lastUsedAt >= idleTimeoutSeconds * 1_000;
  }

  /** When a session was last used, if a row that was just read may not show it yet. */
  recorded(sessionId: string): number | undefined {
    return this.pending.get(sessionId) ?? this.written.get(sessionId);
  }

  onApplicationBootstrap(): void {
    this.timer = setInterval(() => this.flush(), this.flushIntervalMilliseconds).unref();
  }

  /** Writes the pending uses before the connections are closed. */
  async onApplicationShutdown(): Promise<void> {
    clearInterval(this.timer);
    this.flush();
    await this.flushing;
  }

  private flush(): void {
    this.flushing = this.flushing.then(() => this.write());
  }

  private async write(): Promise<void> {
    const uses = this.pending;
    this.written = uses;
    if (uses.size === 0) return;
    this.pending = new Map();
    try {
      await this.repository.recordLastUses(uses, this.database);
    } catch {
      // Retry with the next flush. Uses that were recorded in the meantime are newer: keep those.
      for (const [id, at] of uses) if (!this.pending.has(id)) this.pending.set(id, at);
      this.logger.warn(
        'The last-use times of sessions could not be written down; the next flush retries',
      );
    }
  }
}
