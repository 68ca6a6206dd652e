import { Client } from 'pg';

import type { TestDatabase } from '../../support/postgres/database';

/** A call that reads the time, and not one of a schema that is named already. */
const READS_TIME = /(?<![\w.])(now|clock_timestamp)\(\)/g;

/**
 * A schema whose `now()` and `clock_timestamp()` are ahead of the server's by what its one row says.
 * They go with real time in between, so that two moments are never the same.
 */
const SCHEMA = `
  CREATE SCHEMA sim;
  CREATE TABLE sim.clock (ahead interval NOT NULL);
  INSERT INTO sim.clock VALUES ('0');
  CREATE FUNCTION sim.now() RETURNS timestamptz LANGUAGE sql STABLE
    RETURN pg_catalog.now() + (SELECT ahead FROM sim.clock);
  CREATE FUNCTION sim.clock_timestamp() RETURNS timestamptz LANGUAGE sql VOLATILE
    RETURN pg_catalog.clock_timestamp() + (SELECT ahead FROM sim.clock);
  GRANT USAGE ON SCHEMA sim TO PUBLIC;
  GRANT SELECT ON sim.clock TO PUBLIC`;

/** What reads the time by itself, as the statement that makes it read ours. */
const COLUMN_DEFAULTS = `
  SELECT format('ALTER TABLE %s ALTER COLUMN %I SET DEFAULT %s', adrelid::regclass, attname,
                pg_get_expr(adbin, adrelid)) AS statement
    FROM pg_attrdef
    JOIN pg_attribute ON attrelid = adrelid AND attnum = adnum
    JOIN pg_class ON pg_class.oid = adrelid
   WHERE relnamespace = 'public'::regnamespace
     AND pg_get_expr(adbin, adrelid) ~ '(now|clock_timestamp)\\(\\)'`;

const TRIGGERS = `
  SELECT replace(pg_get_triggerdef(pg_trigger.oid), 'CREATE TRIGGER', 'CREATE OR REPLACE TRIGGER')
         || format('; ALTER TABLE %s ENABLE %s TRIGGER %I', tgrelid::regclass,
                   CASE tgenabled WHEN 'A' THEN 'ALWAYS' ELSE '' END, tgname) AS statement
    FROM pg_trigger
   WHERE NOT tgisinternal AND pg_get_triggerdef(pg_trigger.oid) ~ '(now|clock_timestamp)\\(\\)'`;

const FUNCTIONS_WITH_A_PATH = `
  SELECT format('ALTER FUNCTION %s SET search_path TO sim, %s', pg_proc.oid::regprocedure,
                substr(setting, length('search_path=') + 1)) AS statement
    FROM pg_proc, unnest(proconfig) AS setting
   WHERE pronamespace = 'public'::regnamespace AND setting LIKE 'search_path=%'`;

/** The time of one database, which its service takes for the real one. */
export class DatabaseTime {
  private constructor(private readonly client: Client) {}

  /**
   * Puts a database under simulated time. Whoever connects from now on as the runtime role finds our
   * functions before those of PostgreSQL.
   */
  static async install(database: TestDatabase): Promise<DatabaseTime> {
    const client = new Client({ connectionString: database.superuserUrl });
    await client.connect();
    await client.query(SCHEMA);
    for (const those of [COLUMN_DEFAULTS, TRIGGERS, FUNCTIONS_WITH_A_PATH]) {
      const { rows } = await client.query<{ statement: string }>(those);
      for (const { statement } of rows) {
        await client.query(statement.replace(READS_TIME, 'sim.$1()'));
      }
    }
    await client.query(
      `ALTER ROLE mira_app IN DATABASE ${database.name} SET search_path = public, sim, pg_catalog`,
    );
    return new DatabaseTime(client);
  }

  async set(to: Date): Promise<void> {
    await this.client.query('UPDATE sim.clock SET ahead = $1 - clock_timestamp()', [to]);
  }

  async close(): Promise<void> {
    await this.client.end();
  }
}
