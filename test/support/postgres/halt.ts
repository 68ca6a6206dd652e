import { Client } from 'pg';

import { waitFor } from '../wait-for';
import type { TestDatabase } from './database';
import { waitForLockWaits } from './lock-waits';

/**
 * Where a transaction can be held. A client chooses by its user agent, which the rows of its links
 * and sessions carry; so the service under test knows nothing of it.
 */
export const HALT = {
  /** A sign-in, before its link is used up. */
  beforeUse: 'halt before use',
  /** A sign-in whose link is used up, before its session is there. */
  beforeSession: 'halt before session',
  /** A sign-in, in its COMMIT. */
  atCommit: 'halt at commit',
} as const;

/** Any number that the service does not lock. */
const LOCK = 4_242;

const FUNCTION = `
  CREATE FUNCTION halt() RETURNS trigger LANGUAGE plpgsql AS $$
  BEGIN
    PERFORM pg_advisory_xact_lock(${LOCK.toString()});
    RETURN NEW;
  END
  $$`;

const OF_SIGN_INS = `
  CREATE TRIGGER halt_before_use BEFORE UPDATE ON magic_links FOR EACH ROW
    WHEN (NEW.is_used AND NOT OLD.is_used AND NEW.user_agent = '${HALT.beforeUse}')
    EXECUTE FUNCTION halt();
  CREATE TRIGGER halt_before_session AFTER UPDATE ON magic_links FOR EACH ROW
    WHEN (NEW.is_used AND NOT OLD.is_used AND NEW.user_agent = '${HALT.beforeSession}')
    EXECUTE FUNCTION halt();
  CREATE CONSTRAINT TRIGGER halt_at_commit AFTER INSERT ON user_sessions
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW
    WHEN (NEW.user_agent = '${HALT.atCommit}')
    EXECUTE FUNCTION halt()`;

const ofDeletions = (table: string): string => `
  CREATE TRIGGER halt_deletions BEFORE DELETE ON ${table}
    FOR EACH STATEMENT EXECUTE FUNCTION halt()`;

/** Locks of the cluster that somebody waits for; the view shows those of other databases as well. */
const WAITING_HERE = `
  FROM pg_locks
 WHERE locktype = 'advisory' AND objid = $1 AND NOT granted
   AND database = (SELECT oid FROM pg_database WHERE datname = current_database())`;

/** Holds transactions of a service at chosen points, so that a race has one outcome each time. */
export class Halt {
  private constructor(private readonly client: Client) {}

  /** Holds sign-ins, at the points of `HALT`. */
  static install(database: TestDatabase): Promise<Halt> {
    return Halt.at(OF_SIGN_INS, database);
  }

  /** Holds every statement that deletes from a table, before its first row. */
  static installOnDeletions(table: string, database: TestDatabase): Promise<Halt> {
    return Halt.at(ofDeletions(table), database);
  }

  private static async at(triggers: string, { superuserUrl }: TestDatabase): Promise<Halt> {
    const client = new Client({ connectionString: superuserUrl });
    await client.connect();
    await client.query(`${FUNCTION}; ${triggers}`);
    return new Halt(client);
  }

  /** From now on whoever comes to a halting point waits there. */
  async hold(): Promise<void> {
    await this.client.query('SELECT pg_advisory_lock($1)', [LOCK]);
  }

  /** Waits until so many transactions are held. */
  async held(count = 1): Promise<void> {
    await waitFor(`${count.toString()} held transactions`, async () => {
      const { rows } = await this.client.query(`SELECT pid ${WAITING_HERE}`, [LOCK]);
      return rows.length >= count ? true : undefined;
    });
  }

  /** Waits until so many of the service's connections wait for a lock of any kind. */
  async blocked(count: number): Promise<void> {
    await waitForLockWaits(async (text) => (await this.client.query(text)).rows, count);
  }

  /** Ends every connection that is held. */
  async terminateHeld(): Promise<void> {
    await this.client.query(`SELECT pg_terminate_backend(pid, 5000) ${WAITING_HERE}`, [LOCK]);
  }

  async release(): Promise<void> {
    await this.client.query('SELECT pg_advisory_unlock_all()');
  }

  async close(): Promise<void> {
    await this.client.end();
  }
}
