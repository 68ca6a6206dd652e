import {
  Inject,
  Injectable,
  Logger,
  type OnApplicationBootstrap,
  type OnApplicationShutdown,
} from '@nestjs/common';

import { Clock } from '../../common/clock';
import { RESOLVED_OPTIONS, type ResolvedAuthOptions } from '../../config/resolved-options';
import { SESSION_LEASE_MILLISECONDS } from '../../config/session-lease';
import { SessionCache } from './session-cache.service';
import { readClocks, SessionLease } from './session-lease';
import {
  type RevocationSnapshotRow,
  SessionRevocationRepository,
} from './session-revocation.repository';

/** Well below the lease's second, so that one slow poll does not lose the lease. */
const RENEWAL_INTERVAL_MILLISECONDS = 250;

/** The state of the lease, as operators see it. `off` when sessions are not cached. */
export type LeaseState = 'held' | 'lost' | 'off';

/**
 * Lets this process answer from memory (invariant I9). It asks the database several times a second
 * what was revoked, and each answer gives a lease of one second. Without a lease every request goes
 * to the database. A notification starts a poll, and memory is not used until that poll is done. So
 * a revocation takes effect when its notification arrives, or at the end of the lease if the
 * notification is lost.
 */
@Injectable()
export class SessionRevocationFeed implements OnApplicationBootstrap, OnApplicationShutdown {
  private readonly logger = new Logger('Sessions');
  private readonly isOn: boolean;
  private lease: SessionLease | undefined;
  private previous: RevocationSnapshotRow | undefined;
  /** How many polls were requested. */
  private requestedPolls = 0;
  /** The value of `requestedPolls` when the last finished poll began. */
  private coveredPolls = 0;
  private isRunning = false;
  private running: Promise<void> = Promise.resolve();
  private wake: () => void = () => undefined;
  private isConnected = false;
  private isLossLogged = false;

  constructor(
    private readonly repository: SessionRevocationRepository,
    private readonly cache: SessionCache,
    @Inject(Clock) private readonly clock: Clock,
    @Inject(RESOLVED_OPTIONS) options: Pick<ResolvedAuthOptions, 'session'>,
  ) {
    this.isOn = options.session.cacheEntries > 0;
  }

  /** The lease, if it is valid and no notification has arrived since its poll. */
  current(): SessionLease | undefined {
    return this.coveredPolls === this.requestedPolls && this.isHeld() ? this.lease : undefined;
  }

  get state(): LeaseState {
    if (!this.isOn) return 'off';
    return this.isHeld() ? 'held' : 'lost';
  }

  onApplicationBootstrap(): void {
    if (!this.isOn) return;
    this.repository.subscribe({
      onNotification: () => this.requestPoll(),
      onConnected: () => {
        this.isConnected = true;
        // After a crash the server may give the ids of lost transactions to new ones, so the
        // previous snapshot must not be used.
        this.previous = undefined;
        this.requestPoll();
      },
    });
    this.isRunning = true;
    this.running = this.run();
  }

  async onApplicationShutdown(): Promise<void> {
    this.isRunning = false;
    // Wakes the loop so that it sees that isRunning is false.
    this.requestPoll();
    await this.running;
  }

  private isHeld(): boolean {
    return this.lease?.isHeld(readClocks(this.clock)) === true;
  }

  private requestPoll(): void {
    this.requestedPolls += 1;
    this.wake();
  }

  private async run(): Promise<void> {
    for (;;) {
      const { requestedPolls } = this;
      try {
        await this.renew();
        this.coveredPolls = requestedPolls;
      } catch {
        if (!this.isHeld()) this.lose();
      }
      if (this.requestedPolls === requestedPolls) await this.rest();
      if (!this.isRunning) return;
    }
  }

  private async renew(): Promise<void> {
    const queriedAt = readClocks(this.clock);
    const polled = await this.repository.poll(this.previous?.snapshot ?? null);
    const { revocations } = polled;
    const isComplete = this.continuesPrevious(polled) && !polled.is_cut;
    if (this.isHeld() && isComplete && !revocations.some(isOfAllSessions)) {
      this.cache.forget({
        tokenHashes: new Set(revocations.flatMap((revoked) => revoked.session_token_hash ?? [])),
        userIds: new Set(revocations.flatMap((revoked) => revoked.user_id ?? [])),
      });
    } else {
      this.cache.forgetAll();
    }
    this.previous = polled;
    this.lease = new SessionLease(queriedAt, polled.now.getTime());
    if (this.isLossLogged && this.isHeld()) {
      this.isLossLogged = false;
      this.logger.log('Sessions are answered from memory again');
    }
  }

  /**
   * Whether a poll shows everything that is new since the previous one. It does not after a restart
   * or on another server, whose transaction ids cannot be compared. Nor does it after a gap, whose
   * revocations may have been cleaned up. Gaps are measured by the database's clock, because the
   * clocks of a paused machine may stand still.
   */
  private continuesPrevious(polled: RevocationSnapshotRow): boolean {
    return (
      this.previous?.server_started_at === polled.server_started_at &&
      polled.follows &&
      polled.now.getTime() - this.previous.now.getTime() < SESSION_LEASE_MILLISECONDS
    );
  }

  private lose(): void {
    this.lease = undefined;
    this.previous = undefined;
    this.cache.forgetAll();
    // Logged once, and only if there was a connection and the process is not stopping.
    if (!this.isConnected || this.isLossLogged || !this.isRunning) return;
    this.isLossLogged = true;
    this.logger.warn(
      'Revocations cannot be read from the database: until they can, every session is looked up',
    );
  }

  /** Waits until the next renewal is due or a poll is requested. */
  private async rest(): Promise<void> {
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, RENEWAL_INTERVAL_MILLISECONDS).unref();
      this.wake = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }
}

function isOfAllSessions(revocation: RevocationSnapshotRow['revocations'][number]): boolean {
  return revocation.session_token_hash === null && revocation.user_id === null;
}
