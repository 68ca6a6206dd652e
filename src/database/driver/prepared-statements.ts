import { createHash } from 'node:crypto';

/** Long enough for all statements of this service never to share a name. */
const DIGEST_CHARACTERS = 20;

/**
 * Names under which connections keep statements prepared, so that the server parses and plans each
 * only once. All texts are constants of the repositories, so that they are few.
 */
export class PreparedStatements {
  private readonly names = new Map<string, string>();
  private generation = 0;

  /** @returns the same name for the same text, at most 63 bytes (PostgreSQL's limit on names). */
  nameOf(text: string): string {
    let name = this.names.get(text);
    if (name === undefined) {
      const digest = createHash('sha256').update(text).digest('hex').slice(0, DIGEST_CHARACTERS);
      name = `mira_${digest}_${this.generation.toString(36)}`;
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
