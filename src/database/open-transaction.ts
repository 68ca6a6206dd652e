import type { PooledConnection } from './driver/pooled-connection';
import type { Statement, StatementResult } from './driver/statement-batch';
import type { NamedSql } from './named-sql';

/** A statement that is not yet sent. */
interface Waiting {
  readonly statement: Statement;
  readonly resolve: (result: StatementResult) => void;
  readonly reject: (error: unknown) => void;
}

const NOTHING: StatementResult = { rows: [], affected: 0 };

/**
 * One transaction on one connection. It batches statements to save round trips: BEGIN is sent with
 * the first statement, and calls of `run` in one tick are sent together. What `execute` queued goes
 * with the next `run`, or with COMMIT.
 */
export class OpenTransaction {
  private waiting: Waiting[] = [];
  /** Resolves when the last batch sent so far has been answered. */
  private turn: Promise<unknown> = Promise.resolve();
  private isSendingDue = false;
  private hasBegun = false;
  private hasEnded = false;
  private savepoints = 0;
  private failure: { readonly error: unknown } | undefined;

  constructor(
    private readonly connection: PooledConnection,
    private readonly statement: (sql: NamedSql | string, values?: readonly unknown[]) => Statement,
  ) {}

  /** Sends a statement at the end of this tick, with queued ones and other calls of the tick. */
  run(sql: NamedSql | string, values?: readonly unknown[]): Promise<StatementResult> {
    const result = new Promise<StatementResult>((resolve, reject) => {
      this.add({ statement: this.statement(sql, values), resolve, reject });
    });
    // `Promise.all` rejects with the first failure; silence the rest to avoid unhandled rejections.
    result.catch(() => undefined);
    if (!this.isSendingDue) {
      this.isSendingDue = true;
      queueMicrotask(() => void this.send().catch(() => undefined));
    }
    return result;
  }

  /** Queues a statement. It is sent with the next one that is awaited, or with COMMIT. */
  execute(sql: NamedSql | string, values?: readonly unknown[]): void {
    const ignore = (): void => undefined;
    this.add({ statement: this.statement(sql, values), resolve: ignore, reject: ignore });
  }

  /** @returns the name of a new savepoint, which is sent with the next statement. */
  setSavepoint(): string {
    this.savepoints += 1;
    const name = `mira_${this.savepoints.toString()}`;
    this.execute(`SAVEPOINT ${name}`);
    return name;
  }

  rollBackTo(savepoint: string): void {
    this.execute(`ROLLBACK TO SAVEPOINT ${savepoint}`);
  }

  /**
   * @throws the error of the first failed statement. A caller that caught it cannot save the
   *   transaction: it is committed as a whole or not at all.
   */
  async commit(): Promise<void> {
    if (this.failure === undefined) await this.turn.catch(() => undefined);
    this.hasEnded = true;
    if (this.failure !== undefined) throw this.failure.error;
    // No statement was issued, so the server has begun no transaction.
    if (!this.hasBegun && this.waiting.length === 0) return;
    await this.send(this.statement('COMMIT'));
  }

  /**
   * Rolls the transaction back.
   *
   * @returns whether the connection can be reused.
   */
  async rollback(): Promise<boolean> {
    this.hasEnded = true;
    this.waiting = [];
    await this.turn.catch(() => undefined);
    if (!this.hasBegun) return true;
    try {
      await this.connection.run([this.statement('ROLLBACK')]);
      return true;
    } catch {
      // The connection is broken: the server rolls the transaction back by itself.
      return false;
    }
  }

  private add(waiting: Waiting): void {
    if (this.hasEnded) throw new Error('a statement cannot be added: the transaction has ended');
    this.waiting.push(waiting);
  }

  /** Sends all waiting statements and then `last`, once the batch under way is answered. */
  private send(last?: Statement): Promise<void> {
    this.isSendingDue = false;
    const batch = this.waiting;
    this.waiting = [];
    const statements = batch.map(({ statement }) => statement);
    if (last !== undefined) statements.push(last);
    const sending = this.turn.then(() => this.sendBatch(statements, batch));
    this.turn = sending.catch(() => undefined);
    return sending;
  }

  private async sendBatch(statements: Statement[], batch: readonly Waiting[]): Promise<void> {
    if (this.failure === undefined && statements.length > 0) {
      const isFirst = !this.hasBegun;
      this.hasBegun = true;
      const begin = isFirst ? [this.statement('BEGIN ISOLATION LEVEL READ COMMITTED')] : [];
      try {
        const results = await this.connection.run([...begin, ...statements]);
        batch.forEach(({ resolve }, index) => resolve(results[index + begin.length] ?? NOTHING));
        return;
      } catch (error) {
        this.failure = { error };
      }
    }
    const { failure } = this;
    if (failure === undefined) return;
    batch.forEach(({ reject }) => reject(failure.error));
    throw failure.error;
  }
}
