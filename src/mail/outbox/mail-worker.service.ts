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

/** Without it, a worker would poll without pause while another one is claiming a due mail. */
const SHORTEST_WAIT_MILLISECONDS = 50;

/**
 * Sends the mails of the outbox. It polls when this process queues a mail, on a notification, when
 * a mail is due again, and at intervals in case a notification was lost. Any number of workers may
 * run at the same time.
 */
@Injectable()
export class MailWorker {
  private readonly logger = new Logger('Mail');
  private readonly inFlight = new Set<Promise<void>>();
  private readonly stopping = new AbortController();
  private running = false;
  /** The poll under way, and whether another one was requested meanwhile. */
  private polling: Promise<void> | undefined;
  private isPollRequested = false;
  /** Whether the last claim filled all places, so that more due mails may be waiting. */
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

  /** Starts sending. Call it once every feature has registered its kinds of mail. */
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

  /** Polls the outbox now. Has no effect unless the worker is running. */
  wake(): void {
    if (!this.running) return;
    this.isPollRequested = true;
    this.polling ??= this.pollWhileRequested().finally(() => {
      this.polling = undefined;
      // Another poll may have been requested since the loop last checked.
      if (this.isPollRequested) this.wake();
    });
  }

  /**
   * Claims no more mails, waits up to `stopTimeoutMilliseconds` for those being sent, and releases
   * the rest.
   */
  async stop(): Promise<void> {
    this.running = false;
    if (this.alarm !== undefined) clearTimeout(this.alarm.timer);
    const giveUp = setTimeout(() => this.stopping.abort(), this.settings.stopTimeoutMilliseconds);
    await this.polling;
    await Promise.all(this.inFlight);
    clearTimeout(giveUp);
  }

  private async pollWhileRequested(): Promise<void> {
    try {
      while (this.running && this.isPollRequested) {
        this.isPollRequested = false;
        await this.claim();
      }
      if (this.running) this.wakeIn(await this.millisecondsUntilNextPoll());
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
    for (const row of rows) this.startAttempt(row);
  }

  private startAttempt(row: MailOutboxEntity): void {
    const attempt = this.delivery.attempt(row, this.stopping.signal).then((retryIn) => {
      this.inFlight.delete(attempt);
      if (this.hasBacklog) this.wake();
      else if (retryIn !== undefined) this.wakeIn(retryIn);
    });
    this.inFlight.add(attempt);
  }

  private async millisecondsUntilNextPoll(): Promise<number> {
    const { pollIntervalMilliseconds } = this.settings;
    // No need to ask the database: the next attempt to finish starts a poll.
    if (this.hasBacklog) return pollIntervalMilliseconds;
    const due = await this.repository.millisecondsUntilDue(this.claimable());
    if (due === null) return pollIntervalMilliseconds;
    return Math.min(Math.max(due, SHORTEST_WAIT_MILLISECONDS), pollIntervalMilliseconds);
  }

  /** Sets the alarm, unless an earlier one is set. */
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
