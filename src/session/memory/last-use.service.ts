import {
  Inject,
  Injectable,
  Logger,
  type OnApplicationBootstrap,
  type OnApplicationShutdown,
} from '@nestjs/common';

import { AuditRecorder } from '../../audit/audit-recorder.service';
import { RESOLVED_OPTIONS, type ResolvedAuthOptions } from '../../config/resolved-options';
import type { ClientContext } from '../../context/client-context';
import { isNearbyNetwork } from '../../context/ip-address';
import { Database, type Transaction } from '../../database/database.service';
import type { SessionCacheEntry } from './session-cache.service';
import { type MovedSession, type SessionUse, SessionUseRepository } from './session-use.repository';

/** After one use of a session is recorded, others are ignored for this long: reads stay reads. */
const MAX_RECORD_INTERVAL_SECONDS = 60;

/** Recorded uses are written at least this often. */
const MAX_FLUSH_INTERVAL_SECONDS = 5;

/**
 * Idleness is measured to within a tenth of the idle time-out. Each interval may take half of that:
 * a twentieth until a use is recorded, and a twentieth until it is written for other instances.
 */
const INTERVALS_PER_IDLE_TIMEOUT = 20;

/**
 * Records when and where sessions were used, and writes that to the database for many sessions at
 * once.
 */
@Injectable()
export class LastUse implements OnApplicationBootstrap, OnApplicationShutdown {
  private readonly logger = new Logger('Sessions');
  private readonly recordIntervalMilliseconds: number;
  private readonly flushIntervalMilliseconds: number;
  /** Uses that are not written yet, by session id. */
  private pending = new Map<string, SessionUse>();
  /** The batch of the last write. A row may have been read before that write took effect. */
  private written: ReadonlyMap<string, SessionUse> = new Map();
  private timer: NodeJS.Timeout | undefined;
  private flushing: Promise<void> = Promise.resolve();

  constructor(
    private readonly database: Database,
    private readonly repository: SessionUseRepository,
    private readonly audit: AuditRecorder,
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
  record(
    entry: SessionCacheEntry,
    { ipAddress, userAgent }: Pick<ClientContext, 'ipAddress' | 'userAgent'>,
    now: number,
  ): void {
    entry.lastUsedAt = now;
    const isSamePlace =
      entry.recordedIpAddress === ipAddress && entry.recordedUserAgent === userAgent;
    if (isSamePlace && now - entry.recordedAt < this.recordIntervalMilliseconds) return;
    entry.recordedAt = now;
    entry.recordedIpAddress = ipAddress;
    entry.recordedUserAgent = userAgent;
    this.pending.set(entry.session.id, { at: now, ipAddress, userAgent });
  }

  /** Whether a session has idled out. Both times in Unix milliseconds by the database's clock. */
  hasIdledOut(lastUsedAt: number, now: number): boolean {
    const { idleTimeoutSeconds } = this.options.session;
    return idleTimeoutSeconds > 0 && now - lastUsedAt >= idleTimeoutSeconds * 1_000;
  }

  /** When a session was last used, if a row that was just read may not show it yet. */
  recorded(sessionId: string): number | undefined {
    return (this.pending.get(sessionId) ?? this.written.get(sessionId))?.at;
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
      await this.database.transaction(async (transaction) => {
        const moved = await this.repository.recordLastUses(uses, transaction);
        for (const session of moved) await this.recordNewNetwork(session, uses, transaction);
      });
    } catch {
      // Retry with the next flush. Uses that were recorded in the meantime are newer: keep those.
      for (const [id, use] of uses) if (!this.pending.has(id)) this.pending.set(id, use);
      this.logger.warn(
        'The last-use times of sessions could not be written down; the next flush retries',
      );
    }
  }

  /** Records the use of a session from a network where it was neither opened nor used last. */
  private async recordNewNetwork(
    session: MovedSession,
    uses: ReadonlyMap<string, SessionUse>,
    transaction: Transaction,
  ): Promise<void> {
    const use = uses.get(session.id);
    const { previous_ip_address: previous, ip_address: opening } = session;
    if (use === undefined || previous === null) return;
    if ([previous, opening].some((address) => isNearbyNetwork(address, use.ipAddress))) return;
    this.repository.markMoved(session.id, transaction);
    await this.audit.record(
      [
        {
          type: 'session.network_changed',
          tenantId: session.tenant_id,
          userId: session.user_id,
          sessionId: session.id,
          details: {},
        },
      ],
      { ipAddress: use.ipAddress, userAgent: use.userAgent, requestId: null },
      transaction,
    );
  }
}
