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
 * Anything that runs SQL: the database itself, or one transaction. Texts are constants, because
 * they are kept prepared; values are parameters (`$1`, `$2`, …). `named` gives a text the name by
 * which people find it. Each method throws UnavailableError (`unavailable`) when the database is
 * away, overloaded or too slow.
 */
export interface Queryable {
  /** @returns the rows, also those of `RETURNING`. */
  query<Row extends object>(
    sql: NamedSql | string,
    parameters?: readonly unknown[],
  ): Promise<Row[]>;

  /**
   * Runs a statement that always returns a row.
   *
   * @returns the first one.
   * @throws Error naming the statement when there is none.
   */
  queryOne<Row extends object>(
    sql: NamedSql | string,
    parameters?: readonly unknown[],
  ): Promise<Row>;

  /** @returns how many rows the statement inserted, changed or deleted. */
  modify(sql: NamedSql | string, parameters?: readonly unknown[]): Promise<number>;

  /** The time that decides about every expiry: that of the database's clock. */
  now(): Promise<Date>;
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
   * Runs a statement whose result nobody needs, in its turn: together with the next that is
   * awaited, or with the commit. If it fails, so does the transaction.
   */
  execute(sql: NamedSql | string, parameters?: readonly unknown[]): void;

  /** Marks the point that has been reached, so that what follows can be undone alone. */
  savepoint(): Savepoint;

  /**
   * Calls `callback` once the transaction has ended, before its caller goes on: for what this
   * process keeps in memory of rows that the transaction changes. It is called after a failure as
   * well, because a commit whose answer was lost may have happened; so it may only forget.
   */
  afterwards(callback: () => void): void;
}

/** A point within a transaction. Like `execute`, both ways cost no round trip of their own. */
export interface Savepoint {
  /**
   * Undoes what was done since, and gives back the locks that were taken since. It cannot undo the
   * failure of a statement: that ends the transaction as a whole.
   */
  rollback(): void;
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
