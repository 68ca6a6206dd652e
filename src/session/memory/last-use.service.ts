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
import { referencesTo } from '../session-references';
import type { SessionCacheEntry } from './session-cache.service';
import { type SessionUse, SessionUseRepository, type WrittenUse } from './session-use.repository';

/** After one use of a session is recorded, others are ignored for this long: reads stay reads. */
const MAX_RECORD_INTERVAL_SECONDS = 60;

/** Recorded uses are written at least this often. */
const MAX_FLUSH_INTERVAL_SECONDS = 5;

/**
 * Idleness is measured to within a tenth of the idle time-out. Each interval may take half of that:
 * a twentieth until a use is recorded, and a twentieth until it is written for other instances.
 */
const INTERVALS_PER_IDLE_TIMEOUT = 20;

/** The most sessions that one transaction writes: it holds their rows until it commits. */
const SESSIONS_PER_WRITE = 500;

/** The most addresses that are kept of one session between two writes. */
const MAX_PLACES = 4;

/** What is to be written of a session. */
interface PendingUse {
  readonly latest: SessionUse;
  /** The first use from each address, so that a later one does not hide where it was meanwhile. */
  readonly places: readonly SessionUse[];
}

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
  private pending = new Map<string, PendingUse>();
  /** The batch of the last write. A row may have been read before that write took effect. */
  private written: ReadonlyMap<string, PendingUse> = new Map();
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
    const { id } = entry.session;
    this.pending.set(id, withUse(this.pending.get(id), { at: now, ipAddress, userAgent }));
  }

  /** Whether a session has idled out. Both times in Unix milliseconds by the database's clock. */
  hasIdledOut(lastUsedAt: number, now: number): boolean {
    const { idleTimeoutSeconds } = this.options.session;
    return idleTimeoutSeconds > 0 && now - lastUsedAt >= idleTimeoutSeconds * 1_000;
  }

  /** The last use of a session, if a row that was just read may not show it yet. */
  recorded(sessionId: string): SessionUse | undefined {
    return (this.pending.get(sessionId) ?? this.written.get(sessionId))?.latest;
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
    const uses = [...this.pending];
    this.written = this.pending;
    this.pending = new Map();
    for (let start = 0; start < uses.length; start += SESSIONS_PER_WRITE) {
      const batch = new Map(uses.slice(start, start + SESSIONS_PER_WRITE));
      try {
        await this.database.transaction((transaction) => this.writeBatch(batch, transaction));
      } catch {
        // Retry with the next flush. Uses that were recorded in the meantime are newer: keep those.
        for (const [id, use] of uses.slice(start)) {
          if (!this.pending.has(id)) this.pending.set(id, use);
        }
        this.logger.warn(
          'The last-use times of sessions could not be written down; the next flush retries',
        );
        return;
      }
    }
  }

  private async writeBatch(
    batch: ReadonlyMap<string, PendingUse>,
    transaction: Transaction,
  ): Promise<void> {
    const latest = new Map([...batch].map(([id, use]) => [id, use.latest]));
    const written = await this.repository.recordLastUses(latest, transaction);
    const moved = written.flatMap((session) => {
      const use = batch.get(session.id)?.places.find((place) => isNewNetwork(session, place));
      return use === undefined ? [] : [{ session, use }];
    });
    if (moved.length === 0) return;
    this.repository.markMoved(
      moved.map(({ session }) => session.id),
      transaction,
    );
    for (const { session, use } of moved) {
      await this.audit.record(
        [{ ...referencesTo(session), type: 'session.network_changed', details: {} }],
        { ipAddress: use.ipAddress, userAgent: use.userAgent, requestId: null },
        transaction,
      );
    }
  }
}

function withUse(pending: PendingUse | undefined, use: SessionUse): PendingUse {
  const places = pending?.places ?? [];
  const isNew = places.every(({ ipAddress }) => ipAddress !== use.ipAddress);
  return {
    latest: use,
    places: isNew && places.length < MAX_PLACES ? [...places, use] : places,
  };
}

/** Whether a session was neither opened nor used last in the network of a use. */
function isNewNetwork(session: WrittenUse, { ipAddress }: SessionUse): boolean {
  const { previous_ip_address: previous, ip_address: opening } = session;
  return !isNearbyNetwork(opening, ipAddress) && !isNearbyNetwork(previous ?? opening, ipAddress);
}
