import * as pg from 'pg';
import { type Connection, type Submittable, types } from 'pg';

/** One statement to be run. */
export interface Statement {
  readonly text: string;
  readonly values: readonly unknown[];
  /** The name under which the server keeps it prepared. Without one it is prepared each time. */
  readonly name: string | undefined;
}

/** The result of one statement. */
export interface StatementResult {
  readonly rows: object[];
  /** How many rows it inserted, changed or deleted; for a SELECT, how many it returned. */
  readonly affected: number;
}

/** One column of a statement's result. */
interface Column {
  readonly name: string;
  readonly parse: (text: string) => unknown;
}

/** The parts of `pg`'s connection that its types leave out. */
interface DriverConnection {
  /** Texts of prepared statements by name. The driver fills it from our `name` and `text`. */
  readonly parsedStatements: Readonly<Record<string, string | undefined>>;
  readonly stream: { readonly writable: boolean; write(data: Buffer): unknown };
  parse(statement: { text: string; name: string }): void;
  bind(bound: { statement: string; values: readonly unknown[]; valueMapper: unknown }): void;
  describe(portal: { type: 'P'; name: '' }): void;
  execute(portal: object): void;
  sync(): void;
}

type TypeId = Parameters<typeof types.getTypeParser>[0];

type Row = Record<string, unknown>;

interface RowDescription {
  readonly fields: readonly { readonly name: string; readonly dataTypeID: TypeId }[];
}

/** The driver's conversion of values to text. */
const { prepareValue } = (pg as unknown as { utils: { prepareValue: unknown } }).utils;

/** The columns of prepared statements, so that each is described once for each connection. */
const described = new WeakMap<Connection, Map<string, readonly Column[]>>();

/**
 * Several statements that are sent and answered together, in one write and one read. They run in
 * order, and each sees the changes of those before it. After a failure the server skips the rest,
 * including a COMMIT, because they all precede a single Sync (PostgreSQL manual, "Message Flow",
 * "Pipelining").
 *
 * To the driver a batch is one query object, like those of `pg-cursor`.
 */
export class StatementBatch implements Submittable {
  private readonly rows: Row[][];
  private readonly affected: number[];
  /** The index of the statement under way. */
  private current = 0;
  /** The columns of the statements that were already described on this connection, by name. */
  private known = new Map<string, readonly Column[]>();
  private columns: readonly Column[] = [];

  /**
   * @param callback called with the results, or with the first error; it must ignore a second call.
   *   The driver wraps it to enforce its query timeout.
   */
  constructor(
    private readonly statements: readonly Statement[],
    public callback: (error: Error | null, results?: readonly StatementResult[]) => void,
  ) {
    this.rows = statements.map(() => []);
    this.affected = statements.map(() => 0);
  }

  /** The driver reads `name` and `text` to record that the statement under way is prepared. */
  get name(): string | undefined {
    return this.statements[this.current]?.name;
  }

  get text(): string | undefined {
    return this.statements[this.current]?.text;
  }

  /** @returns the error that keeps the batch from being sent; then none of it is sent. */
  submit(connection: Connection): Error | null {
    const driver = connection as unknown as DriverConnection;
    this.known = described.get(connection) ?? new Map<string, readonly Column[]>();
    described.set(connection, this.known);
    const messages: Buffer[] = [];
    const collector = { writable: true, write: (message: Buffer) => messages.push(message) };
    try {
      this.write(Object.create(driver, { stream: { value: collector } }) as DriverConnection);
    } catch (error) {
      return error instanceof Error
        ? error
        : new TypeError('a parameter of a statement cannot be serialised');
    }
    if (driver.stream.writable) driver.stream.write(Buffer.concat(messages));
    this.begin();
    return null;
  }

  handleRowDescription({ fields }: RowDescription): void {
    this.columns = fields.map(({ name, dataTypeID }) => ({
      name,
      parse: types.getTypeParser(dataTypeID, 'text') as Column['parse'],
    }));
  }

  handleDataRow({ fields }: { readonly fields: readonly (string | null)[] }): void {
    const row: Row = {};
    this.columns.forEach(({ name, parse }, index) => {
      const text = fields[index];
      row[name] = text == null ? null : parse(text);
    });
    this.rows[this.current]?.push(row);
  }

  /** @param message its `text` is the command tag, such as `UPDATE 3` or `INSERT 0 1`. */
  handleCommandComplete({ text }: { readonly text: string }): void {
    this.affected[this.current] = Number(/\d+$/.exec(text)?.[0] ?? 0);
    if (this.name !== undefined) this.known.set(this.name, this.columns);
    this.current += 1;
    this.begin();
  }

  handleError(error: Error): void {
    this.callback(error);
  }

  handleReadyForQuery(): void {
    const results = this.rows.map((rows, index) => ({
      rows,
      affected: this.affected[index] ?? 0,
    }));
    this.callback(null, results);
  }

  private begin(): void {
    this.columns = this.known.get(this.name ?? '') ?? [];
  }

  private write(driver: DriverConnection): void {
    const parsed = new Set<string>();
    for (const { text, values, name = '' } of this.statements) {
      const prepared = driver.parsedStatements[name];
      if (name !== '' && prepared !== undefined && prepared !== text) {
        throw new Error(`another statement is prepared under the name ${name}`);
      }
      const isPrepared = name !== '' && (prepared !== undefined || parsed.has(name));
      if (!isPrepared) driver.parse({ text, name });
      parsed.add(name);
      driver.bind({ statement: name, values, valueMapper: prepareValue });
      if (!this.known.has(name)) driver.describe({ type: 'P', name: '' });
      driver.execute({});
    }
    driver.sync();
  }
}
