import { Inject, Injectable } from '@nestjs/common';

import { UnavailableError } from '../../common/errors';
import { withDeadline } from '../../common/with-deadline';
import { AUTH_DATA_SOURCE, type HostDataSource } from '../../database/driver/data-source';
import { hasPendingMigrations } from '../../database/migrate';
import { Drain } from '../process/drain.service';

/** Load balancers do not wait much longer for an answer. */
const CHECK_TIMEOUT_MILLISECONDS = 2_000;

/** Tells whether requests should be sent here now. */
@Injectable()
export class ReadinessService {
  private checking: Promise<void> | undefined;

  constructor(
    @Inject(AUTH_DATA_SOURCE) private readonly dataSource: HostDataSource,
    private readonly drain: Drain,
  ) {}

  /**
   * Checks that the service is not stopping, that the database answers, and that its schema is as
   * new as this release. Takes two seconds at most. Calls at the same time share one question to
   * the database.
   *
   * @throws UnavailableError (`unavailable`) whose message says which of these is not so.
   */
  async check(): Promise<void> {
    this.checkServing();
    this.checking ??= this.checkDatabase().finally(() => (this.checking = undefined));
    await this.checking;
    // It may have begun to stop while the database was asked.
    this.checkServing();
  }

  private checkServing(): void {
    if (!this.drain.isServing()) throw new UnavailableError(1, 'The service is shutting down.');
  }

  private async checkDatabase(): Promise<void> {
    const pending = await withDeadline(
      {
        milliseconds: CHECK_TIMEOUT_MILLISECONDS,
        tooLate: () => new UnavailableError(1, 'The database does not answer in time.'),
      },
      () => this.isMigrationPending(),
    );
    if (pending) throw new UnavailableError(5, 'The database schema is not migrated yet.');
  }

  private async isMigrationPending(): Promise<boolean> {
    try {
      return await hasPendingMigrations(this.dataSource);
    } catch (error) {
      throw new UnavailableError(1, 'The database is not reachable.', { cause: error });
    }
  }
}
