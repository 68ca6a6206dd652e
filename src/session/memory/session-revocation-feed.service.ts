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
  type RevocationLookRow,
  SessionRevocationRepository,
} from './session-revocation.repository';

/** The lease is renewed twice as often as it must be, so that one slow answer does not cost it. */
const RENEWAL_INTERVAL_MILLISECONDS = 250;

/** What of the feed operators see. `off` without a cache. */
export type LeaseState = 'held' | 'lost' | 'off';

/**
 * Lets this process answer for sessions from memory, by asking several times a second what was
 * revoked since it asked last (invariant I9). Each answer gives a lease of one second; without one
 * the cache is empty and every request goes to the database. A notification only says that it is
 * time to ask: until the answer is there nothing is answered from memory, so that a revocation is
 * seen as soon as it is heard of. Where notifications are lost it is seen within the lease.
 */
@Injectable()
export class SessionRevocationFeed implements OnApplicationBootstrap, OnApplicationShutdown {
  private readonly logger = new Logger('Sessions');
  private readonly isOn: boolean;
  private lease: SessionLease | undefined;
  private previous: RevocationLookRow | undefined;
  /** Notifications that were heard, and how many of them the last answer is later than. */
  private heard = 0;
  private answered = 0;
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

  /** The lease, if there is one now and nothing was announced since. */
  current(): SessionLease | undefined {
    return this.answered === this.heard && this.isHeld() ? this.lease : undefined;
  }

  get state(): LeaseState {
    if (!this.isOn) return 'off';
    return this.isHeld() ? 'held' : 'lost';
  }

  onApplicationBootstrap(): void {
    if (!this.isOn) return;
    this.repository.subscribe({
      onNotification: () => this.announce(),
      onConnected: () => {
        this.isConnected = true;
        // Whatever broke the connection may have been a crash, and a server that recovers gives
        // numbers of transactions out again whose end nobody had written down.
        this.previous = undefined;
        this.announce();
      },
    });
    this.isRunning = true;
    this.running = this.run();
  }

  async onApplicationShutdown(): Promise<void> {
    this.isRunning = false;
    // As with news, it does not rest.
    this.announce();
    await this.running;
  }

  private isHeld(): boolean {
    return this.lease?.isHeld(readClocks(this.clock)) === true;
  }

  private announce(): void {
    this.heard += 1;
    this.wake();
  }

  private async run(): Promise<void> {
    for (;;) {
      const { heard } = this;
      try {
        await this.renew();
        this.answered = heard;
      } catch {
        if (!this.isHeld()) this.lose();
      }
      if (this.heard === heard) await this.rest();
      if (!this.isRunning) return;
    }
  }

  private async renew(): Promise<void> {
    const asked = readClocks(this.clock);
    const look = await this.repository.look(this.previous?.snapshot ?? null);
    if (this.isHeld() && this.follows(look) && !look.is_cut && !look.revocations.some(isOfAll)) {
      this.cache.forget({
        tokenHashes: new Set(look.revocations.flatMap((one) => one.session_token_hash ?? [])),
        userIds: new Set(look.revocations.flatMap((one) => one.user_id ?? [])),
      });
    } else {
      this.cache.forgetAll();
    }
    this.previous = look;
    this.lease = new SessionLease(asked, look.now.getTime());
    if (this.isLossLogged && this.isHeld()) {
      this.isLossLogged = false;
      this.logger.log('Sessions are answered for from memory again');
    }
  }

  /**
   * Whether a look tells all that is new since the one before. Another server's transactions, or
   * those from before a crash, say nothing about those of this one. And what was revoked in a gap
   * may have been cleaned up: the clocks of a machine that was paused do not tell of the gap, the
   * database's does.
   */
  private follows(look: RevocationLookRow): boolean {
    return (
      this.previous?.server_started_at === look.server_started_at &&
      look.follows &&
      look.now.getTime() - this.previous.now.getTime() < SESSION_LEASE_MILLISECONDS
    );
  }

  private lose(): void {
    this.lease = undefined;
    this.previous = undefined;
    this.cache.forgetAll();
    // Until there was a connection there was nothing to lose.
    if (!this.isConnected || this.isLossLogged || !this.isRunning) return;
    this.isLossLogged = true;
    this.logger.warn(
      'What was revoked cannot be learnt from the database: every session is looked up until it can',
    );
  }

  /** Waits for the next renewal's time, or for news. */
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

function isOfAll(one: RevocationLookRow['revocations'][number]): boolean {
  return one.session_token_hash === null && one.user_id === null;
}
