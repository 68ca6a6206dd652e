import type { PooledConnection } from './driver/pooled-connection';
import type { Statement } from './driver/statement-batch';

/** A statement that was given and not yet sent. */
interface Waiting {
  readonly statement: Statement;
  readonly resolve: (rows: object[]) => void;
  readonly reject: (error: unknown) => void;
}

/**
 * One transaction on one connection, in as few round trips as what is waited for allows: BEGIN goes
 * with the first statement, and statements that nobody waits for one by one go together, the last
 * of them with COMMIT.
 */
export class OpenTransaction {
  private waiting: Waiting[] = [];
  /** The batch under way, and those before it. */
  private turn: Promise<unknown> = Promise.resolve();
  private isSendingDue = false;
  private hasBegun = false;
  private hasEnded = false;
  private failure: { readonly error: unknown } | undefined;

  constructor(
    private readonly connection: PooledConnection,
    private readonly statement: (text: string, values?: readonly unknown[]) => Statement,
  ) {}

  /** Runs a statement with those that were given before it and in the same moment. */
  query(text: string, values?: readonly unknown[]): Promise<object[]> {
    const rows = new Promise<object[]>((resolve, reject) => {
      this.add({ statement: this.statement(text, values), resolve, reject });
    });
    // Who waits for several statements hears of a failure once; the others are no news.
    rows.catch(() => undefined);
    if (!this.isSendingDue) {
      this.isSendingDue = true;
      queueMicrotask(() => void this.send().catch(() => undefined));
    }
    return rows;
  }

  /** Runs a statement with the next that is waited for, or with COMMIT. */
  execute(text: string, values?: readonly unknown[]): void {
    const ignore = (): void => undefined;
    this.add({ statement: this.statement(text, values), resolve: ignore, reject: ignore });
  }

  /**
   * @throws what the first statement that failed threw, also where its caller went on: of a
   *   transaction the whole is kept, or nothing.
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

  /** Sends everything that was given, after what is under way, and `last` behind it. */
  private send(last?: Statement): Promise<void> {
    this.isSendingDue = false;
    const batch = this.waiting;
    this.waiting = [];
    const statements = batch.map(({ statement }) => statement);
    if (last !== undefined) statements.push(last);
    const sending = this.turn.then(() => this.run(statements, batch));
    this.turn = sending.catch(() => undefined);
    return sending;
  }

  private async run(statements: Statement[], batch: readonly Waiting[]): Promise<void> {
    if (this.failure === undefined && statements.length > 0) {
      const isFirst = !this.hasBegun;
      this.hasBegun = true;
      const begin = isFirst ? [this.statement('BEGIN ISOLATION LEVEL READ COMMITTED')] : [];
      try {
        const results = await this.connection.run([...begin, ...statements]);
        batch.forEach(({ resolve }, index) => resolve(results[index + begin.length] ?? []));
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
