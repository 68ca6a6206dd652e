import { Inject, Injectable } from '@nestjs/common';
import { DataSource, type QueryRunner, QueryRunnerAlreadyReleasedError } from 'typeorm';

import { UnavailableError } from '../common/errors';
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
export interface Transaction extends Queryable {
  readonly transaction: true;
  /**
   * Calls `callback` once the transaction has ended, before its caller goes on: for what this
   * process keeps in memory of rows that the transaction changes. It is called after a failure as
   * well, because a commit whose answer was lost may have happened; so it may only forget.
   */
  afterwards(callback: () => void): void;
}

/**
 * The way to PostgreSQL for all repositories. It decides when connections are taken and given
 * back, and turns what the driver says of an absent database into `UnavailableError`.
 */
@Injectable()
export class Database implements Queryable {
  constructor(@Inject(AUTH_DATA_SOURCE) private readonly dataSource: DataSource) {}

  /** The time that decides: that of the database's clock. */
  async now(): Promise<Date> {
    const [row] = await this.query<{ now: Date }>('SELECT now() AS now');
    if (row === undefined) throw new Error('the time is one row');
    return row.now;
  }

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
    const callbacks: (() => void)[] = [];
    const ended = this.withConnection(async (runner) => {
      await answered(runner, runner.startTransaction('READ COMMITTED'));
      const transaction: Transaction = {
        transaction: true,
        query: (sql, parameters) => run(runner, sql, parameters),
        afterwards: (callback) => void callbacks.push(callback),
      };
      try {
        const result = await work(transaction);
        await answered(runner, runner.commitTransaction());
        return result;
      } catch (error) {
        // On a broken connection the server has undone the transaction already, or soon will.
        if (runner.isTransactionActive && !runner.isReleased) {
          await answered(runner, runner.rollbackTransaction()).catch(() => undefined);
        }
        throw error;
      }
    });
    return ended.finally(() => callbacks.forEach((callback) => callback()));
  }

  private async withConnection<T>(work: (runner: QueryRunner) => Promise<T>): Promise<T> {
    const runner = this.dataSource.createQueryRunner();
    try {
      await connected(runner);
      return await work(runner);
    } catch (error) {
      // It is released below; before that, only by TypeORM, when its connection breaks.
      if (runner.isReleased && error instanceof QueryRunnerAlreadyReleasedError) {
        throw new UnavailableError(1, undefined, { cause: error });
      }
      throw translateDatabaseError(error);
    } finally {
      await runner.release().catch(() => undefined);
    }
  }
}

/** No statement has run yet: whatever kept us from the server, the request itself was not at fault. */
async function connected(runner: QueryRunner): Promise<void> {
  try {
    await runner.connect();
  } catch (error) {
    throw new UnavailableError(1, undefined, { cause: error });
  }
}

async function run<Row>(
  runner: QueryRunner,
  sql: string,
  parameters: readonly unknown[] = [],
): Promise<Row[]> {
  const result = await answered(runner, runner.query(sql, [...parameters], true));
  return result.records as Row[];
}

/**
 * Waits for the answer to a statement. If it does not come in time, the connection is closed: the
 * next statement, be it the one that ends the transaction, would only queue behind an answer that
 * may never come, and the pool needs a connection that works.
 */
async function answered<T>(runner: QueryRunner, answer: Promise<T>): Promise<T> {
  try {
    return await answer;
  } catch (error) {
    if (isQueryTimeout(error) && !runner.isReleased) await closeConnection(runner);
    throw error;
  }
}

/** Closes the connection without a word to the server, and waits until the pool has seen it. */
async function closeConnection(runner: QueryRunner): Promise<void> {
  const client = (await runner.connect()) as {
    once(event: 'end', listener: () => void): void;
    readonly connection: { readonly stream: { destroy(): void } };
  };
  await new Promise<void>((resolve) => {
    client.once('end', resolve);
    client.connection.stream.destroy();
  });
}
