import { randomUUID } from 'node:crypto';

import { Injectable, Logger, type OnApplicationShutdown } from '@nestjs/common';

import { Database } from './database.service';
import { DedicatedConnection } from './dedicated-connection.service';
import { named } from './named-sql';

const CHANNEL = 'mira_notification_check';

/** Longer than any notification takes that arrives at all. */
const PATIENCE_MILLISECONDS = 3_000;

/** `unknown` until a notification was heard, or missed. */
export type NotificationState = 'heard' | 'missed' | 'unknown';

/**
 * Finds out whether notifications arrive, and says so in the log when they don't. Behind a pooler
 * in transaction mode nothing is wrong with either connection, and yet nothing is ever heard.
 */
@Injectable()
export class NotificationCheck implements OnApplicationShutdown {
  /** What the newest check has found. */
  state: NotificationState = 'unknown';

  private readonly logger = new Logger('Notifications');
  private readonly id = randomUUID();
  private isStarted = false;
  private timer: NodeJS.Timeout | undefined;

  constructor(
    private readonly connection: DedicatedConnection,
    private readonly database: Database,
  ) {}

  /** Checks whenever the dedicated connection begins to listen. To be called by whoever listens. */
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

  /** Notifies by way of the pool: what a connection tells itself may arrive where nothing else does. */
  private async check(): Promise<void> {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.miss(), PATIENCE_MILLISECONDS).unref();
    try {
      await this.database.query(named('notification-check.check', 'SELECT pg_notify($1, $2)'), [
        CHANNEL,
        this.id,
      ]);
    } catch {
      // The database is away, which says nothing about notifications.
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
      'Notifications of the database do not arrive, as behind a pooler in transaction mode: ' +
        'mails leave later, and sessions that were ended elsewhere are noticed within a second',
    );
  }
}
