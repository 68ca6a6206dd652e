import { createHash } from 'node:crypto';

import type { NamedSql } from '../named-sql';

/** Long enough that no two statements of this service share a name. */
const DIGEST_CHARACTERS = 20;

/**
 * The names under which connections keep statements prepared, so that the server parses and plans
 * each only once. All texts are constants of the repositories, so there are few of them.
 */
export class PreparedStatements {
  /** The names by SQL text. */
  private readonly names = new Map<string, string>();
  /** How many texts share a name: a named statement may be assembled from constant parts. */
  private readonly texts = new Map<string, number>();
  private generation = 0;

  /**
   * @param sql a text without a name is named by its digest.
   * @returns the same name for the same text, at most 63 bytes (PostgreSQL's limit on names), such
   *   as `mira_session.findByTokenHash_0`.
   */
  nameOf(sql: NamedSql | string): string {
    const text = typeof sql === 'string' ? sql : sql.text;
    let name = this.names.get(text);
    if (name === undefined) {
      name = `mira_${this.distinguish(typeof sql === 'string' ? digestOf(sql) : sql.name)}`;
      name += `_${this.generation.toString(36)}`;
      this.names.set(text, name);
    }
    return name;
  }

  /** Has every statement prepared anew, after a migration changed the columns that some return. */
  renew(): void {
    this.names.clear();
    this.texts.clear();
    this.generation += 1;
  }

  private distinguish(name: string): string {
    const count = (this.texts.get(name) ?? 0) + 1;
    this.texts.set(name, count);
    return count === 1 ? name : `${name}.${count.toString()}`;
  }
}

function digestOf(text: string): string {
  return createHash('sha256').update(text).digest('hex').slice(0, DIGEST_CHARACTERS);
}
