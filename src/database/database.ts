import { Inject, Injectable } from '@nestjs/common';
import { DataSource, type QueryRunner } from 'typeorm';

import { AUTH_DATA_SOURCE } from './data-source';
import { isQueryTimeout, translateDatabaseError } from './database-errors';

/** Anything that runs SQL: the database itself, or one transaction. */
export interface Queryable {
  /**
   * Runs one statement.
   *
   * @param parameters values of `$1`, `$2`, … in order.
   * @returns the rows, also those of `RETURNING`.
   * @throws UnavailableError (`unavailable`) when the database is away, overloaded or too slow.
   */
  query<Row extends object>(sql: string, parameters?: readonly unknown[]): Promise<Row[]>;
}

/** One transaction. It is passed explicitly to everything that shall be part of it. */
export type Transaction = Queryable & { readonly transaction: true };

/**
 * The way to PostgreSQL for all repositories. It decides when connections are taken and given
 * back, and turns what the driver says of an absent database into `UnavailableError`.
 */
@Injectable()
export class Database implements Queryable {
  constructor(@Inject(AUTH_DATA_SOURCE) private readonly dataSource: DataSource) {}

  async query<Row extends object>(sql: string, parameters?: readonly unknown[]): Promise<Row[]> {
    return this.withConnection((runner) => run<Row>(runner, sql, parameters));
  }

  /**
   * Runs `work` in one transaction (READ COMMITTED): commits what it did when it returns, undoes
   * all of it when it throws.
   *
   * @returns what `work` returned, after the commit.
   * @throws what `work` threw; UnavailableError (`unavailable`) when the database is away. Where
   *   the connection breaks during the commit, nobody knows whether it happened: the same error
   *   tells the caller to try again, and everything that is tried again is safe to try twice.
   */
  async transaction<T>(work: (transaction: Transaction) => Promise<T>): Promise<T> {
    return this.withConnection(async (runner) => {
      await runner.startTransaction('READ COMMITTED');
      const transaction: Transaction = {
        transaction: true,
        query: (sql, parameters) => run(runner, sql, parameters),
      };
      try {
        const result = await work(transaction);
        await runner.commitTransaction();
        return result;
      } catch (error) {
        // On a broken connection the server has undone the transaction already.
        if (runner.isTransactionActive) await runner.rollbackTransaction().catch(() => undefined);
        throw error;
      }
    });
  }

  private async withConnection<T>(work: (runner: QueryRunner) => Promise<T>): Promise<T> {
    const runner = this.dataSource.createQueryRunner();
    try {
      await runner.connect();
      return await work(runner);
    } catch (error) {
      if (isQueryTimeout(error)) await abandonConnection(runner);
      throw translateDatabaseError(error);
    } finally {
      await runner.release().catch(() => undefined);
    }
  }
}

async function run<Row>(
  runner: QueryRunner,
  sql: string,
  parameters: readonly unknown[] = [],
): Promise<Row[]> {
  const result = await runner.query(sql, [...parameters], true);
  return result.records as Row[];
}

/**
 * Closes a connection on which a query is still under way, so that the pool makes a new one
 * instead of queueing the next request behind an answer that may never come.
 */
async function abandonConnection(runner: QueryRunner): Promise<void> {
  const client = (await runner.connect()) as { connection?: { stream?: { destroy(): void } } };
  client.connection?.stream?.destroy();
}
