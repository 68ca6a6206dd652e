import { Inject, Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';

import { isStalePlan, translateDatabaseError } from './database-errors';
import { AUTH_DATA_SOURCE, keepsPreparedStatements } from './driver/data-source';
import { PooledConnection } from './driver/pooled-connection';
import { PreparedStatements } from './driver/prepared-statements';
import type { Statement } from './driver/statement-batch';
import { OpenTransaction } from './open-transaction';

/** Anything that runs SQL: the database itself, or one transaction. */
export interface Queryable {
  /**
   * Runs one statement.
   *
   * @param sql a constant text: it is kept prepared. Values are parameters.
   * @param parameters values of `$1`, `$2`, … in order.
   * @returns the rows, also those of `RETURNING`.
   * @throws UnavailableError (`unavailable`) when the database is away, overloaded or too slow.
   */
  query<Row extends object>(sql: string, parameters?: readonly unknown[]): Promise<Row[]>;
}

/**
 * One transaction. It is passed explicitly to everything that shall be part of it.
 *
 * Statements run in the order in which they are given. Those that are given in the same moment,
 * before any of them is awaited, take one round trip together (`Promise.all`): then either all of
 * their promises are fulfilled, or all are rejected with what the first failure said. After a
 * failure nothing more runs, and the transaction is undone, even if its work goes on.
 */
export interface Transaction extends Queryable {
  readonly transaction: true;
  /**
   * Runs a statement whose rows nobody needs, in its turn: together with the next that is awaited,
   * or with the commit. If it fails, so does the transaction.
   */
  execute(sql: string, parameters?: readonly unknown[]): void;
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
  /** `undefined` where connections keep nothing prepared. */
  private readonly prepared: PreparedStatements | undefined;

  constructor(@Inject(AUTH_DATA_SOURCE) private readonly dataSource: DataSource) {
    if (keepsPreparedStatements(dataSource)) this.prepared = new PreparedStatements();
  }

  /** The time that decides: that of the database's clock. */
  async now(): Promise<Date> {
    const [row] = await this.query<{ now: Date }>('SELECT now() AS now');
    if (row === undefined) throw new Error('the time is one row');
    return row.now;
  }

  async query<Row extends object>(sql: string, parameters?: readonly unknown[]): Promise<Row[]> {
    return this.withConnection(async (connection) => {
      const [rows = []] = await connection.run([this.statement(sql, parameters)]);
      return rows as Row[];
    });
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
    const ended = this.withConnection(async (connection) => {
      const open = new OpenTransaction(connection, (text, values) => this.statement(text, values));
      try {
        const result = await work({
          transaction: true,
          query: <Row>(sql: string, values?: readonly unknown[]) =>
            open.query(sql, values) as Promise<Row[]>,
          execute: (sql, values) => open.execute(sql, values),
          afterwards: (callback) => void callbacks.push(callback),
        });
        await open.commit();
        return result;
      } catch (error) {
        if (!(await open.rollback())) connection.invalidate();
        throw error;
      }
    });
    return ended.finally(() => callbacks.forEach((callback) => callback()));
  }

  private async withConnection<T>(work: (connection: PooledConnection) => Promise<T>): Promise<T> {
    const connection = await PooledConnection.take(this.dataSource);
    try {
      return await work(connection);
    } catch (error) {
      if (isStalePlan(error)) this.prepared?.renew();
      throw translateDatabaseError(error);
    } finally {
      connection.release();
    }
  }

  private statement(text: string, values: readonly unknown[] = []): Statement {
    return { text, values, name: this.prepared?.nameOf(text) };
  }
}
