import { Inject, Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';

import { isStalePlan, translateDatabaseError } from './database-errors';
import { AUTH_DATA_SOURCE, keepsPreparedStatements } from './driver/data-source';
import { PooledConnection } from './driver/pooled-connection';
import { PreparedStatements } from './driver/prepared-statements';
import type { Statement, StatementResult } from './driver/statement-batch';
import { firstRow, named, type NamedSql } from './named-sql';
import { OpenTransaction } from './open-transaction';

/**
 * Anything that runs SQL: the database itself, or one transaction. SQL texts are constants, because
 * they are kept prepared; values are parameters (`$1`, `$2`, …). `named` gives a text a name for
 * statistics and errors. Each method throws UnavailableError (`unavailable`) when the database is
 * unavailable, overloaded or too slow.
 */
export interface Queryable {
  /** @returns the rows, including those of `RETURNING`. */
  query<Row extends object>(
    sql: NamedSql | string,
    parameters?: readonly unknown[],
  ): Promise<Row[]>;

  /**
   * Runs a statement that always returns a row.
   *
   * @returns the first row.
   * @throws Error naming the statement when it returns no row.
   */
  queryOne<Row extends object>(
    sql: NamedSql | string,
    parameters?: readonly unknown[],
  ): Promise<Row>;

  /** @returns how many rows the statement inserted, changed or deleted. */
  modify(sql: NamedSql | string, parameters?: readonly unknown[]): Promise<number>;

  /** The time of the database's clock, which decides every expiry. */
  now(): Promise<Date>;
}

/**
 * One transaction. It is passed explicitly to everything that takes part in it.
 *
 * Statements run in the order in which they are issued. Those issued in the same tick, before any
 * of them is awaited, share one round trip (`Promise.all`): either all their promises are
 * fulfilled, or all are rejected with the first failure. After a failure no further statement runs,
 * and the transaction is rolled back, even if `work` catches the error and goes on.
 */
export interface Transaction extends Queryable {
  readonly transaction: true;

  /**
   * Queues a statement whose result nobody needs. It is sent, in order, with the next statement
   * that is awaited, or with the commit. If it fails, so does the transaction.
   */
  execute(sql: NamedSql | string, parameters?: readonly unknown[]): void;

  /** Sets a savepoint, so that later statements can be rolled back without the earlier ones. */
  savepoint(): Savepoint;

  /**
   * Calls `callback` once the transaction has ended, before its caller goes on: to invalidate what
   * this process caches of the changed rows. It is also called after a failure, because a commit
   * whose answer was lost may have happened. Therefore it must only drop cached state, never add.
   */
  afterwards(callback: () => void): void;
}

/** A point within a transaction. Setting it and rolling back cost no round trip of their own. */
export interface Savepoint {
  /**
   * Undoes what was done since the savepoint, and releases the locks taken since. It does not
   * recover from a failed statement: that ends the whole transaction.
   */
  rollback(): void;
}

/**
 * Access to PostgreSQL for all repositories. It takes connections from the pool and returns them,
 * and turns the driver's errors about an unavailable database into `UnavailableError`.
 */
@Injectable()
export class Database implements Queryable {
  /** `undefined` if connections keep no statements prepared. */
  private readonly prepared: PreparedStatements | undefined;

  constructor(@Inject(AUTH_DATA_SOURCE) private readonly dataSource: DataSource) {
    if (keepsPreparedStatements(dataSource)) this.prepared = new PreparedStatements();
  }

  async query<Row extends object>(
    sql: NamedSql | string,
    parameters?: readonly unknown[],
  ): Promise<Row[]> {
    return (await this.run(sql, parameters)).rows as Row[];
  }

  async queryOne<Row extends object>(
    sql: NamedSql | string,
    parameters?: readonly unknown[],
  ): Promise<Row> {
    return firstRow(sql, (await this.run(sql, parameters)).rows as Row[]);
  }

  async modify(sql: NamedSql | string, parameters?: readonly unknown[]): Promise<number> {
    return (await this.run(sql, parameters)).affected;
  }

  async now(): Promise<Date> {
    return (await this.queryOne<{ now: Date }>(NOW)).now;
  }

  /**
   * Runs `work` in one transaction (READ COMMITTED): commits when it returns, rolls back when it
   * throws.
   *
   * @returns what `work` returned, after the commit.
   * @throws what `work` threw; UnavailableError (`unavailable`) when the database is unavailable.
   *   If the connection breaks during the commit, it is unknown whether the commit happened. The
   *   same error then asks the caller to retry, which is safe: every operation may run twice.
   */
  async transaction<T>(work: (transaction: Transaction) => Promise<T>): Promise<T> {
    const callbacks: (() => void)[] = [];
    const ended = this.withConnection(async (connection) => {
      const open = new OpenTransaction(connection, (sql, values) => this.statement(sql, values));
      try {
        const result = await work(handleOf(open, callbacks));
        await open.commit();
        return result;
      } catch (error) {
        if (!(await open.rollback())) connection.invalidate();
        throw error;
      }
    });
    return ended.finally(() => callbacks.forEach((callback) => callback()));
  }

  private async run(
    sql: NamedSql | string,
    parameters?: readonly unknown[],
  ): Promise<StatementResult> {
    return this.withConnection(async (connection) => {
      const [result] = await connection.run([this.statement(sql, parameters)]);
      return result ?? { rows: [], affected: 0 };
    });
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

  private statement(sql: NamedSql | string, values: readonly unknown[] = []): Statement {
    const text = typeof sql === 'string' ? sql : sql.text;
    return { text, values, name: this.prepared?.nameOf(sql) };
  }
}

const NOW = named('database.now', 'SELECT now() AS now');

function handleOf(open: OpenTransaction, callbacks: (() => void)[]): Transaction {
  const queryOne = async <Row extends object>(
    sql: NamedSql | string,
    values?: readonly unknown[],
  ): Promise<Row> => firstRow(sql, (await open.run(sql, values)).rows as Row[]);
  return {
    transaction: true,
    query: async <Row extends object>(sql: NamedSql | string, values?: readonly unknown[]) =>
      (await open.run(sql, values)).rows as Row[],
    queryOne,
    modify: async (sql, values) => (await open.run(sql, values)).affected,
    now: async () => (await queryOne<{ now: Date }>(NOW)).now,
    execute: (sql, values) => open.execute(sql, values),
    savepoint: () => {
      const name = open.setSavepoint();
      return { rollback: () => open.rollBackTo(name) };
    },
    afterwards: (callback) => void callbacks.push(callback),
  };
}
