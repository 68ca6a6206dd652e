import { randomUUID } from 'node:crypto';

import { Injectable, Logger, type OnApplicationShutdown } from '@nestjs/common';

import { Database } from './database.service';
import { DedicatedConnection } from './dedicated-connection.service';
import { named } from './named-sql';

const CHANNEL = 'mira_notification_check';

/** Longer than any notification takes to arrive. */
const PATIENCE_MILLISECONDS = 3_000;

/** Whether the check's notification arrived (`heard`) or not (`missed`); `unknown` until then. */
export type NotificationState = 'heard' | 'missed' | 'unknown';

/**
 * Checks whether notifications arrive, and logs a warning when they don't. Behind a pooler in
 * transaction mode they never arrive, although both connections seem to work.
 */
@Injectable()
export class NotificationCheck implements OnApplicationShutdown {
  /** The result of the latest check. */
  state: NotificationState = 'unknown';

  private readonly logger = new Logger('Notifications');
  private readonly id = randomUUID();
  private isStarted = false;
  private timer: NodeJS.Timeout | undefined;

  constructor(
    private readonly connection: DedicatedConnection,
    private readonly database: Database,
  ) {}

  /** Checks whenever the dedicated connection begins to listen. Every subscriber calls this. */
  start(): void {
    if (this.isStarted) return;
    this.isStarted = true;
    this.connection.subscribe(CHANNEL, {
      onNotification: (payload) => {
        if (payload === this.id) this.hear();
      },
      onConnected: () => void this.check(),
    });
  }

  onApplicationShutdown(): void {
    clearTimeout(this.timer);
  }

  /** Notifies through the pool: a connection's own notifications may arrive when no others do. */
  private async check(): Promise<void> {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.miss(), PATIENCE_MILLISECONDS).unref();
    try {
      await this.database.query(named('notification-check.check', 'SELECT pg_notify($1, $2)'), [
        CHANNEL,
        this.id,
      ]);
    } catch {
      // An unavailable database says nothing about notifications.
      clearTimeout(this.timer);
    }
  }

  private hear(): void {
    clearTimeout(this.timer);
    this.state = 'heard';
  }

  private miss(): void {
    this.state = 'missed';
    this.logger.warn(
      'Notifications of the database do not arrive, which is usual behind a pooler in transaction ' +
        'mode: mails are sent later, and sessions ended elsewhere are noticed within a second',
    );
  }
}
