import { readFileSync } from 'node:fs';

import { useTestDatabases } from '../support/postgres/database';
import { queryAs } from '../support/postgres/query-as';
import { describeSchema } from '../support/postgres/schema-description';
import { inRepository } from '../support/repository';
import { SCHEMA_FILE, schemaFileOf } from './pages/schema-file';

/** Where PostgreSQL reads what it has written itself, it puts other casts and brackets. */
function withoutNotation(line: string): string {
  return line.replaceAll(/::(text|character varying)(\[\])?|[()[\]]/g, '');
}

describe(SCHEMA_FILE, () => {
  const file = readFileSync(inRepository(SCHEMA_FILE), 'utf8');
  const migratedDatabase = useTestDatabases();

  it('is what the migrations make', async () => {
    const { superuserUrl } = await migratedDatabase();
    if ((await schemaFileOf(superuserUrl)) !== file) {
      throw new Error(`${SCHEMA_FILE} is not what the migrations make: run npm run docs:schema`);
    }
  });

  it('leaves nothing of the schema out', async () => {
    const { superuserUrl, adminUrl } = await migratedDatabase();
    const migrated = await describeSchema(superuserUrl);
    await queryAs(
      superuserUrl,
      `DROP SCHEMA public CASCADE;
       CREATE SCHEMA public AUTHORIZATION pg_database_owner;
       GRANT USAGE ON SCHEMA public TO PUBLIC`,
    );
    await queryAs(adminUrl, file);
    const made = await describeSchema(superuserUrl);
    expect(made.map(withoutNotation)).toEqual(migrated.map(withoutNotation));
  });

  it.each([
    ['a column', 'ALTER TABLE users ADD COLUMN more integer'],
    ['a check', 'ALTER TABLE users ADD CONSTRAINT more CHECK (failed_login_count < 100)'],
    ['an index', 'CREATE INDEX more ON users (created_at)'],
    ['a grant', 'GRANT UPDATE ON security_events TO mira_app'],
    ['a trigger that is off', 'ALTER TABLE users ENABLE TRIGGER users_announce_update'],
    ['a comment', `COMMENT ON TABLE users IS 'more'`],
  ])('would differ by %s', async (_what, change) => {
    const { superuserUrl, adminUrl } = await migratedDatabase();
    await queryAs(adminUrl, change);
    expect(await schemaFileOf(superuserUrl)).not.toBe(file);
  });
});
