import { createHash } from 'node:crypto';

import type { NamedSql } from '../named-sql';

/** A statement without a name is called by this much of its digest, and a named one by less. */
const DIGEST_CHARACTERS = 20;
const DIGEST_CHARACTERS_BESIDE_NAME = 8;

/**
 * Names under which connections keep statements prepared, so that the server parses and plans each
 * only once. All texts are constants of the repositories, so there are few of them.
 *
 * A name depends on the text alone, because others may have prepared statements on the same
 * connection: another instance on the data source of a host, or another process behind a pooler.
 */
export class PreparedStatements {
  /** By text. */
  private readonly names = new Map<string, string>();
  private generation = 0;

  /**
   * @param sql a text alone is called by its digest.
   * @returns the same name for the same text and only for it, at most 63 bytes (PostgreSQL's limit
   *   on names), such as `mira_session.findByTokenHash_1b2c3d4e_0`.
   */
  nameOf(sql: NamedSql | string): string {
    const text = typeof sql === 'string' ? sql : sql.text;
    let name = this.names.get(text);
    if (name === undefined) {
      const digest = createHash('sha256').update(text).digest('hex');
      const unique =
        typeof sql === 'string'
          ? digest.slice(0, DIGEST_CHARACTERS)
          : `${sql.name}_${digest.slice(0, DIGEST_CHARACTERS_BESIDE_NAME)}`;
      name = `mira_${unique}_${this.generation.toString(36)}`;
      this.names.set(text, name);
    }
    return name;
  }

  /** Has everything prepared anew: a migration has changed what prepared statements return. */
  renew(): void {
    this.names.clear();
    this.generation += 1;
  }
}
