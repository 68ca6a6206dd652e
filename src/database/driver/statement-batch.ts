import * as pg from 'pg';
import { type Connection, type Submittable, types } from 'pg';

/** One statement to be run. */
export interface Statement {
  readonly text: string;
  readonly values: readonly unknown[];
  /** Under which the server keeps it prepared; without it, it is prepared anew each time. */
  readonly name: string | undefined;
}

/** What came of one statement. */
export interface StatementResult {
  readonly rows: object[];
  /** How many rows it inserted, changed, deleted or, for a SELECT, returned. */
  readonly affected: number;
}

/** One column of what a statement returns. */
interface Column {
  readonly name: string;
  readonly parse: (text: string) => unknown;
}

/** What `pg` leaves out of its types: the messages that it sends, and what it knows of a server. */
interface DriverConnection {
  /** Texts of prepared statements, by name. The driver keeps it by our `name` and `text`. */
  readonly parsedStatements: Readonly<Record<string, string>>;
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

/** How the driver writes values as text. */
const { prepareValue } = (pg as unknown as { utils: { prepareValue: unknown } }).utils;

/** What prepared statements return, so that they are described once for each connection. */
const described = new WeakMap<Connection, Map<string, readonly Column[]>>();

/**
 * Several statements that are sent together and answered together: one write and one read, however
 * many they are. They run in order, and each sees what those before it did. After one that fails
 * the server skips the rest, a COMMIT too, because all stand before one Sync (PostgreSQL manual,
 * "Message Flow", "Pipelining").
 *
 * To the driver it is one query, as those of `pg-cursor` are.
 */
export class StatementBatch implements Submittable {
  private readonly rows: Row[][];
  private readonly affected: number[];
  /** The number of the statement under way. */
  private current = 0;
  /** What prepared statements return on this connection, where that is known. */
  private known = new Map<string, readonly Column[]>();
  private columns: readonly Column[] = [];

  /**
   * @param callback called with what came of each statement, or with what failed; a second call
   *   means nothing. The driver replaces it by its own, to watch the time.
   */
  constructor(
    private readonly statements: readonly Statement[],
    public callback: (error: Error | null, results?: readonly StatementResult[]) => void,
  ) {
    this.rows = statements.map(() => []);
    this.affected = statements.map(() => 0);
  }

  /** The driver notes by name and text that the server has prepared the statement under way. */
  get name(): string | undefined {
    return this.statements[this.current]?.name;
  }

  get text(): string | undefined {
    return this.statements[this.current]?.text;
  }

  /** @returns what keeps the batch from being sent: then nothing of it is. */
  submit(connection: Connection): Error | null {
    const driver = connection as unknown as DriverConnection;
    this.known = described.get(connection) ?? new Map<string, readonly Column[]>();
    described.set(connection, this.known);
    const messages: Buffer[] = [];
    const collector = { writable: true, write: (message: Buffer) => messages.push(message) };
    try {
      this.write(Object.create(driver, { stream: { value: collector } }) as DriverConnection);
    } catch (error) {
      return error instanceof Error ? error : new TypeError('a value cannot be sent');
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

  /** @param message its `text` is the command's tag, such as `UPDATE 3` or `INSERT 0 1`. */
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
      const isPrepared = name !== '' && (name in driver.parsedStatements || parsed.has(name));
      if (!isPrepared) driver.parse({ text, name });
      parsed.add(name);
      driver.bind({ statement: name, values, valueMapper: prepareValue });
      if (!this.known.has(name)) driver.describe({ type: 'P', name: '' });
      driver.execute({});
    }
    driver.sync();
  }
}
