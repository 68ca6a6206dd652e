import { Inject, Injectable, Logger } from '@nestjs/common';

import { Clock } from '../../common/clock';
import { errorName } from '../../common/loggable-error';
import { KeyRing } from '../../crypto/key-ring.service';
import { DedicatedConnection } from '../../database/dedicated-connection.service';
import { NotificationCheck } from '../../database/notification-check.service';
import { MailComposers } from './mail-composers.service';
import { MailDelivery } from './mail-delivery.service';
import type { MailOutboxEntity } from './mail-outbox.entity';
import {
  type Claimable,
  MAIL_OUTBOX_CHANNEL,
  MailOutboxRepository,
} from './mail-outbox.repository';
import { MailWorkerSettings } from './mail-worker-settings';

/** Shortest wait for a mail that is due while another worker is just about to take it. */
const SHORTEST_WAIT_MILLISECONDS = 50;

/**
 * Empties the outbox. It wakes when this process or a notification says that a mail was queued,
 * when a mail is due again, and by the clock, for the notification that was lost. Any number of
 * workers may run beside it.
 */
@Injectable()
export class MailWorker {
  private readonly logger = new Logger('Mail');
  private readonly inFlight = new Set<Promise<void>>();
  private readonly stopping = new AbortController();
  private running = false;
  /** The claims under way, and whether another look at the outbox was asked for meanwhile. */
  private claims: Promise<void> | undefined;
  private isLookWanted = false;
  /** Whether mails were left because all hands are full. */
  private hasBacklog = false;
  private alarm: { readonly timer: NodeJS.Timeout; readonly at: number } | undefined;

  constructor(
    private readonly repository: MailOutboxRepository,
    private readonly delivery: MailDelivery,
    private readonly composers: MailComposers,
    private readonly keys: KeyRing,
    private readonly connection: DedicatedConnection,
    private readonly notifications: NotificationCheck,
    @Inject(Clock) private readonly clock: Clock,
    @Inject(MailWorkerSettings) private readonly settings: MailWorkerSettings,
  ) {}

  /** Starts sending, when every feature has registered its kinds of mail. */
  start(): void {
    if (!this.settings.enabled || this.running) return;
    this.running = true;
    this.connection.subscribe(MAIL_OUTBOX_CHANNEL, {
      onNotification: () => this.wake(),
      onConnected: () => this.wake(),
    });
    this.notifications.start();
    this.wake();
  }

  /** Looks at the outbox now. Without effect while the worker does not run. */
  wake(): void {
    if (!this.running) return;
    this.isLookWanted = true;
    this.claims ??= this.claimWhileWanted().finally(() => {
      this.claims = undefined;
      // Between the last look at the flag and here, somebody may have asked.
      if (this.isLookWanted) this.wake();
    });
  }

  /**
   * Claims no more, waits for what is being sent, and gives back what is not sent by
   * `stopTimeoutMilliseconds`.
   */
  async stop(): Promise<void> {
    this.running = false;
    if (this.alarm !== undefined) clearTimeout(this.alarm.timer);
    const giveUp = setTimeout(() => this.stopping.abort(), this.settings.stopTimeoutMilliseconds);
    await this.claims;
    await Promise.all(this.inFlight);
    clearTimeout(giveUp);
  }

  private async claimWhileWanted(): Promise<void> {
    try {
      while (this.running && this.isLookWanted) {
        this.isLookWanted = false;
        await this.claim();
      }
      if (this.running) this.wakeIn(await this.millisecondsUntilNextLook());
    } catch (error) {
      this.logger.error({
        message: 'The mail outbox could not be read',
        error: errorName(error),
      });
      this.wakeIn(this.settings.pollIntervalMilliseconds);
    }
  }

  private async claim(): Promise<void> {
    const free = this.settings.concurrency - this.inFlight.size;
    this.hasBacklog = free === 0;
    if (free === 0) return;
    const rows = await this.repository.claim(
      this.claimable(),
      free,
      this.settings.leaseMilliseconds,
    );
    this.hasBacklog = rows.length === free;
    for (const row of rows) this.take(row);
  }

  private take(row: MailOutboxEntity): void {
    const attempt = this.delivery.attempt(row, this.stopping.signal).then((retryIn) => {
      this.inFlight.delete(attempt);
      if (this.hasBacklog) this.wake();
      else if (retryIn !== undefined) this.wakeIn(retryIn);
    });
    this.inFlight.add(attempt);
  }

  private async millisecondsUntilNextLook(): Promise<number> {
    const { pollIntervalMilliseconds } = this.settings;
    // With full hands there is nothing to look for: the next free hand looks.
    if (this.hasBacklog) return pollIntervalMilliseconds;
    const due = await this.repository.millisecondsUntilDue(this.claimable());
    if (due === null) return pollIntervalMilliseconds;
    return Math.min(Math.max(due, SHORTEST_WAIT_MILLISECONDS), pollIntervalMilliseconds);
  }

  /** Keeps one alarm, the earliest. */
  private wakeIn(milliseconds: number): void {
    if (!this.running) return;
    const at = this.clock.monotonicMilliseconds() + milliseconds;
    if (this.alarm !== undefined) {
      if (this.alarm.at <= at) return;
      clearTimeout(this.alarm.timer);
    }
    const timer = setTimeout(() => {
      this.alarm = undefined;
      this.wake();
    }, milliseconds);
    this.alarm = { timer, at };
  }

  private claimable(): Claimable {
    return { kinds: this.composers.kinds(), keyIds: this.keys.all.map(({ id }) => id) };
  }
}
