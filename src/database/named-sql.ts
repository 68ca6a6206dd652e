/**
 * A constant SQL text with a name. The name is what a person finds in `pg_prepared_statements`,
 * `pg_stat_statements` and `pg_stat_activity`, and what errors about the statement say.
 */
export interface NamedSql {
  readonly name: string;
  readonly text: string;
}

/** With the prefix and a suffix it must fit into 63 bytes, PostgreSQL's limit on names. */
const NAME = /^[a-z][a-z-]*\.[A-Za-z]+$/;
const MAX_NAME_LENGTH = 50;

/** Each text is prepared for naming once: a repository calls this with every query. */
const known = new Map<string, NamedSql>();

/**
 * Names a statement.
 *
 * @param name file and method of the repository, such as `session.findByTokenHash`.
 * @param text a constant: it is kept prepared. Values are parameters.
 * @throws TypeError when the name is of another form.
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
  if (!NAME.test(name) || name.length > MAX_NAME_LENGTH)
    throw new TypeError(`${name} must be a name such as session.findByTokenHash`);

  // Behind the first word: PostgreSQL's statistics leave out a comment in front of a statement.
  return { name, text: text.replace(/^\s*\w+/, (word) => `${word.trim()} /* ${name} */`) };
}

/**
 * The first row of what a statement returned that always returns one.
 *
 * @throws Error naming the statement when there is none.
 */
export function firstRow<Row>(sql: NamedSql | string, rows: readonly Row[]): Row {
  const [row] = rows;
  if (row === undefined) {
    const name = typeof sql === 'string' ? 'a statement without a name' : sql.name;
    throw new Error(`${name} returned no row, where one was expected`);
  }
  return row;
}
