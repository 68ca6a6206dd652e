import type { PooledConnection } from './driver/pooled-connection';
import type { Statement, StatementResult } from './driver/statement-batch';
import type { NamedSql } from './named-sql';

/** A statement that was given and not yet sent. */
interface Waiting {
  readonly statement: Statement;
  readonly resolve: (result: StatementResult) => void;
  readonly reject: (error: unknown) => void;
}

const NOTHING: StatementResult = { rows: [], affected: 0 };

/**
 * One transaction on one connection, in as few round trips as its caller's awaiting allows: BEGIN
 * goes with the first statement, statements that are given in the same moment go together, and the
 * last of them go with COMMIT.
 */
export class OpenTransaction {
  private waiting: Waiting[] = [];
  /** The batch under way, and those before it. */
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

  /** Runs a statement together with those that were given before it and in the same moment. */
  run(sql: NamedSql | string, values?: readonly unknown[]): Promise<StatementResult> {
    const result = new Promise<StatementResult>((resolve, reject) => {
      this.add({ statement: this.statement(sql, values), resolve, reject });
    });
    // `Promise.all` rejects with the first failure: the other rejections must not count as unheard.
    result.catch(() => undefined);
    if (!this.isSendingDue) {
      this.isSendingDue = true;
      queueMicrotask(() => void this.send().catch(() => undefined));
    }
    return result;
  }

  /** Runs a statement with the next one that is awaited, or with COMMIT. */
  execute(sql: NamedSql | string, values?: readonly unknown[]): void {
    const ignore = (): void => undefined;
    this.add({ statement: this.statement(sql, values), resolve: ignore, reject: ignore });
  }

  /** @returns the name of a new savepoint, which is set with the next statement. */
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
   * @throws what the first statement that failed threw, even if its caller caught that: a
   *   transaction is kept as a whole or not at all.
   */
  async commit(): Promise<void> {
    if (this.failure === undefined) await this.turn.catch(() => undefined);
    this.hasEnded = true;
    if (this.failure !== undefined) throw this.failure.error;
    // Nothing was done: the server knows of no transaction.
    if (!this.hasBegun && this.waiting.length === 0) return;
    await this.send(this.statement('COMMIT'));
  }

  /** Undoes all of it. @returns whether the connection is fit for others. */
  async rollback(): Promise<boolean> {
    this.hasEnded = true;
    this.waiting = [];
    await this.turn.catch(() => undefined);
    if (!this.hasBegun) return true;
    try {
      await this.connection.run([this.statement('ROLLBACK')]);
      return true;
    } catch {
      // On a broken connection the server has undone the transaction already, or soon will.
      return false;
    }
  }

  private add(waiting: Waiting): void {
    if (this.hasEnded) throw new Error('the transaction has ended');
    this.waiting.push(waiting);
  }

  /** Sends everything that was given, after the batch that is under way, and `last` behind it. */
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
