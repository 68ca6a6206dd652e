/**
 * A constant SQL text with a name. The name identifies the statement in `pg_prepared_statements`,
 * `pg_stat_statements` and `pg_stat_activity`, and in errors.
 */
export interface NamedSql {
  readonly name: string;
  readonly text: string;
}

/** The name, its prefix and its suffix must fit into 63 bytes, PostgreSQL's limit on names. */
const NAME = /^[a-z][a-z-]*\.[A-Za-z]+$/;
const MAX_NAME_LENGTH = 44;

/** Caches the result for each text, because repositories call `named` for every query. */
const known = new Map<string, NamedSql>();

/**
 * Names a statement.
 *
 * @param name the repository's file and method, such as `session.findByTokenHash`.
 * @param text a constant, because it is kept prepared. Values are parameters.
 * @throws TypeError when the name is malformed or longer than 44 characters.
 */
export function named(name: string, text: string): NamedSql {
  let sql = known.get(text);
  if (sql === undefined) {
    sql = newNamed(name, text);
    known.set(text, sql);
  }
  return sql;
}

function newNamed(name: string, text: string): NamedSql {
  if (!NAME.test(name) || name.length > MAX_NAME_LENGTH) {
    throw new TypeError(
      `the statement name ${name} must look like session.findByTokenHash, with at most 44 characters`,
    );
  }

  // After the first word: PostgreSQL's statistics drop a comment in front of a statement.
  return { name, text: text.replace(/^\s*\w+/, (word) => `${word.trim()} /* ${name} */`) };
}

/**
 * The first row of a statement that always returns one.
 *
 * @throws Error naming the statement when there is no row.
 */
export function firstRow<Row>(sql: NamedSql | string, rows: readonly Row[]): Row {
  const [row] = rows;
  if (row === undefined) {
    const name = typeof sql === 'string' ? '(unnamed)' : sql.name;
    throw new Error(`the statement ${name} returned no row, where one was expected`);
  }
  return row;
}
