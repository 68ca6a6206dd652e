import { createHash } from 'node:crypto';

import type { NamedSql } from '../named-sql';

/** Long enough for all statements of this service never to share a name. */
const DIGEST_CHARACTERS = 20;

/**
 * Names under which connections keep statements prepared, so that the server parses and plans each
 * only once. All texts are constants of the repositories, so there are few of them.
 */
export class PreparedStatements {
  /** By text. */
  private readonly names = new Map<string, string>();
  /** How many texts there are under one name: a statement may be put together of constant parts. */
  private readonly texts = new Map<string, number>();
  private generation = 0;

  /**
   * @param sql a text alone is called by its digest.
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

  /** Has everything prepared anew: a migration has changed what prepared statements return. */
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
