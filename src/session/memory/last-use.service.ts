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

/** A use is noted once in so long, so that reading does not write. */
const LONGEST_GRACE_SECONDS = 60;

/** What was noted waits no longer to be written. */
const LONGEST_FLUSH_SECONDS = 5;

/**
 * Idling is measured to within a tenth of its time-out: half of that is what a use may wait to be
 * noted, and half what a note may wait to be written, for other instances to see.
 */
const PARTS_OF_IDLE_TIMEOUT = 20;

/** Notes when sessions were used, and writes that down for many sessions together. */
@Injectable()
export class LastUse implements OnApplicationBootstrap, OnApplicationShutdown {
  private readonly logger = new Logger('Sessions');
  private readonly graceMilliseconds: number;
  private readonly flushMilliseconds: number;
  /** Session id to Unix milliseconds by the database's clock. */
  private pending = new Map<string, number>();
  /** What was handed to the database last: a row may have been read before it got there. */
  private written: ReadonlyMap<string, number> = new Map();
  private timer: NodeJS.Timeout | undefined;
  private flushing: Promise<void> = Promise.resolve();

  constructor(
    private readonly database: Database,
    private readonly repository: SessionRepository,
    @Inject(RESOLVED_OPTIONS) private readonly options: Pick<ResolvedAuthOptions, 'session'>,
  ) {
    const { idleTimeoutSeconds } = options.session;
    const part = idleTimeoutSeconds === 0 ? Infinity : idleTimeoutSeconds / PARTS_OF_IDLE_TIMEOUT;
    this.graceMilliseconds = Math.min(LONGEST_GRACE_SECONDS, part) * 1_000;
    this.flushMilliseconds = Math.min(LONGEST_FLUSH_SECONDS, part) * 1_000;
  }

  /** @param now Unix milliseconds by the database's clock. */
  record(entry: SessionCacheEntry, now: number): void {
    entry.lastUsedAt = now;
    if (now - entry.recordedAt < this.graceMilliseconds) return;
    entry.recordedAt = now;
    this.pending.set(entry.session.id, now);
  }

  /** Whether a session has ended by idling. Both in Unix milliseconds by the database's clock. */
  hasIdledOut(lastUsedAt: number, now: number): boolean {
    const { idleTimeoutSeconds } = this.options.session;
    return idleTimeoutSeconds > 0 && now - lastUsedAt >= idleTimeoutSeconds * 1_000;
  }

  /** When a session was used, if a row that was read may not tell of it yet. */
  recorded(sessionId: string): number | undefined {
    return this.pending.get(sessionId) ?? this.written.get(sessionId);
  }

  onApplicationBootstrap(): void {
    this.timer = setInterval(() => this.flush(), this.flushMilliseconds).unref();
  }

  /** Writes what is noted still, before the connections are closed. */
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
      // The next flush has another try; what was noted meanwhile is newer.
      for (const [id, at] of uses) if (!this.pending.has(id)) this.pending.set(id, at);
      this.logger.warn('When sessions were used could not be written down');
    }
  }
}
