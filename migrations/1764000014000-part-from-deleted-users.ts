import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * Whoever signs up under the address of a deleted user sees nothing of before: the address's subject
 * goes with the user, also when the row is deleted by plain SQL, and with it the only way from the
 * address to its events.
 */
export class PartFromDeletedUsers1764000014000 implements MigrationInterface {
  async up(queryRunner: QueryRunner): Promise<void> {
    // Users who were deleted before. First, because it reads the whole trail, and whoever signs in
    // waits for the trigger's lock.
    await queryRunner.query(`
      DELETE FROM subjects subject
       WHERE EXISTS (SELECT FROM security_events event
                      WHERE event.subject_id = subject.id AND event.user_id IS NOT NULL)
         AND NOT EXISTS (SELECT FROM security_events event
                           JOIN users ON users.id = event.user_id
                          WHERE event.subject_id = subject.id)
    `);
    // With the rights of the schema's owner, whoever deletes the user; hence the fixed path, and
    // the schema from the trigger.
    await queryRunner.query(`
      CREATE FUNCTION part_from_deleted_user() RETURNS trigger LANGUAGE plpgsql
        SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
      BEGIN
        EXECUTE format(
          'DELETE FROM %1$I.subjects subject
            WHERE id IN (SELECT subject_id FROM %1$I.security_events
                          WHERE user_id = $1 AND subject_id IS NOT NULL)
              AND NOT EXISTS (SELECT FROM %1$I.security_events event
                                JOIN %1$I.users other ON other.id = event.user_id
                               WHERE event.subject_id = subject.id)',
          TG_TABLE_SCHEMA) USING OLD.id;
        RETURN NULL;
      END
      $$;
      REVOKE ALL ON FUNCTION part_from_deleted_user() FROM PUBLIC;
      CREATE TRIGGER users_part_from_subject AFTER DELETE ON users FOR EACH ROW
        EXECUTE FUNCTION part_from_deleted_user();
      ALTER TABLE users ENABLE ALWAYS TRIGGER users_part_from_subject;
    `);
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`
      DROP TRIGGER users_part_from_subject ON users;
      DROP FUNCTION part_from_deleted_user()
    `);
  }
}
