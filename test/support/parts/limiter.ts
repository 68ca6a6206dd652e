import type { DataSource } from 'typeorm';

import { RateLimitRetentionRepository } from '../../../src/clean-up/retention/rate-limit-retention.repository';
import { Database, type Transaction } from '../../../src/database/database.service';
import { createDataSource } from '../../../src/database/driver/data-source';
import { PostgresRateLimiter } from '../../../src/rate-limit/postgres-rate-limiter.service';
import { PostgresThrottlerStorage } from '../../../src/rate-limit/postgres-throttler-storage.service';
import { RateLimitRepository } from '../../../src/rate-limit/rate-limit.repository';
import type { LimitDecision, LimitRule } from '../../../src/rate-limit/rate-limiter';
import { RouteHitRepository } from '../../../src/rate-limit/route-hit.repository';

/** The limiter as one instance of the service has it, with a pool of its own. */
export interface LimiterInstance {
  readonly dataSource: DataSource;
  readonly database: Database;
  readonly repository: RateLimitRepository;
  readonly limiter: PostgresRateLimiter;
  readonly throttlerStorage: PostgresThrottlerStorage;
  /** One attempt in a transaction of its own. */
  take(...rules: LimitRule[]): Promise<LimitDecision>;
  mark(key: string, lifetimeSeconds: number): Promise<void>;
  /** Cleans up once. @returns how many rows were deleted. */
  deleteExpired(): Promise<number>;
  close(): Promise<void>;
}

export async function openLimiter(url: string, poolSize = 10): Promise<LimiterInstance> {
  const dataSource = createDataSource({ url, ssl: false, poolSize, entities: [] });
  await dataSource.initialize();
  const database = new Database(dataSource);
  const repository = new RateLimitRepository();
  const limiter = new PostgresRateLimiter(repository);
  const transact = <T>(work: (transaction: Transaction) => Promise<T>): Promise<T> =>
    database.transaction(work);
  return {
    dataSource,
    database,
    repository,
    limiter,
    throttlerStorage: new PostgresThrottlerStorage(new RouteHitRepository(database)),
    take: (...rules) => transact((transaction) => limiter.take(rules, transaction)),
    mark: (key, seconds) => transact((transaction) => limiter.mark(key, seconds, transaction)),
    deleteExpired: async () => {
      const retention = new RateLimitRetentionRepository();
      let total = 0;
      for (let block: number | null = 0; block !== null;) {
        const from: number = block;
        const batch = await transact((transaction) => retention.deleteExpired(from, transaction));
        total += batch.deleted;
        block = batch.nextBlock;
      }
      return total;
    },
    close: () => dataSource.destroy(),
  };
}

/** How many attempts each key counts at present, by key. */
export async function countedByKey(database: Database): Promise<Record<string, number>> {
  const rows = await database.query<{ key: string; counted: number }>(
    'SELECT key, cardinality(accepted_at) AS counted FROM rate_limits',
  );
  return Object.fromEntries(rows.map(({ key, counted }) => [key, counted]));
}

/** Makes everything that the limiter has recorded so many seconds older. */
export async function age(database: Database, seconds: number): Promise<void> {
  await database.query(
    `UPDATE rate_limits
        SET accepted_at = ARRAY(SELECT time - make_interval(secs => $1)
                                  FROM unnest(accepted_at) WITH ORDINALITY AS t (time, position)
                                 ORDER BY position),
            refused_at = refused_at - make_interval(secs => $1),
            expires_at = expires_at - make_interval(secs => $1)`,
    [seconds],
  );
}
