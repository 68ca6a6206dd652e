import { Inject, Injectable } from '@nestjs/common';
import { Gauge, Registry } from 'prom-client';

import { type Deadline, withDeadline } from '../../common/with-deadline';
import { AUTH_DATA_SOURCE, type HostDataSource } from '../../database/driver/data-source';
import { NotificationCheck } from '../../database/notification-check.service';
import { poolUsage } from '../../database/pool-usage';
import { type MailBacklog, MailOutbox } from '../../mail/outbox/mail-outbox.service';
import { registerStateGauge } from './state-gauge';

/** A scraper waits ten seconds by default; the other metrics must not come too late for it. */
const ANSWER_DEADLINE: Deadline = {
  milliseconds: 1_000,
  tooLate: () => new Error('The database does not answer in time.'),
};

/** The metrics of the database, of the connections to it, and of the mail outbox. */
@Injectable()
export class DatabaseMetrics {
  private readonly up: Gauge;
  private readonly pendingMails: Gauge;
  private readonly oldestMail: Gauge;
  private asking: Promise<MailBacklog | undefined> | undefined;

  constructor(
    @Inject(AUTH_DATA_SOURCE) private readonly dataSource: HostDataSource,
    private readonly outbox: MailOutbox,
    notifications: NotificationCheck,
    registry: Registry,
  ) {
    this.registerPool(registry);
    registerStateGauge(registry, {
      name: 'mira_auth_notifications',
      help: 'Whether notifications of the database arrive: heard, missed, or unknown.',
      states: ['heard', 'missed', 'unknown'],
      current: () => notifications.state,
    });
    const registers = [registry];
    this.up = new Gauge({
      name: 'mira_auth_database_up',
      help: 'Whether the database has answered this scrape within a second.',
      registers,
    });
    this.pendingMails = new Gauge({
      name: 'mira_auth_mail_outbox_pending',
      help: 'Mails that are still to be sent, by any instance; counted up to 10000.',
      registers,
    });
    this.oldestMail = new Gauge({
      name: 'mira_auth_mail_outbox_oldest_age_seconds',
      help: 'How long the oldest of them has been waiting; 0 without any.',
      registers,
    });
  }

  /**
   * Asks the database, before each scrape. While it does not answer, the metrics that come from it
   * are left out: their last values would look like current ones.
   */
  async refresh(): Promise<void> {
    // Scrapes at the same time share one question, which may hold a connection for seconds.
    const asking = (this.asking ??= this.outbox
      .backlog()
      .catch(() => undefined)
      .finally(() => (this.asking = undefined)));
    const backlog = await withDeadline(ANSWER_DEADLINE, () => asking).catch(() => undefined);
    this.up.set(backlog === undefined ? 0 : 1);
    if (backlog === undefined) {
      this.pendingMails.remove();
      this.oldestMail.remove();
    } else {
      this.pendingMails.set(backlog.pending);
      this.oldestMail.set(backlog.oldestAgeSeconds);
    }
  }

  private registerPool(registry: Registry): void {
    const { dataSource } = this;
    const registers = [registry];
    new Gauge({
      name: 'mira_auth_database_pool_connections',
      help: 'Connections of the pool that are used and idle.',
      labelNames: ['state'],
      registers,
      collect() {
        const usage = poolUsage(dataSource);
        this.set({ state: 'used' }, usage?.used ?? 0);
        this.set({ state: 'idle' }, usage?.idle ?? 0);
      },
    });
    new Gauge({
      name: 'mira_auth_database_pool_size',
      help: 'How many connections the pool may have.',
      registers,
      collect() {
        this.set(poolUsage(dataSource)?.size ?? 0);
      },
    });
    new Gauge({
      name: 'mira_auth_database_pool_waiting',
      help: 'How many wait for a connection of the pool.',
      registers,
      collect() {
        this.set(poolUsage(dataSource)?.waiting ?? 0);
      },
    });
  }
}
