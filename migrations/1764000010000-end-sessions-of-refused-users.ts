import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * Whoever disables or locks a user ends the user's sessions, also by plain SQL: they do not come
 * back when the user does. And a user who is deleted while no foreign key is looked at, as where
 * replication or a bulk load has turned ordinary triggers off, is announced like one whose
 * sessions go with the user.
 */
export class EndSessionsOfRefusedUsers1764000010000 implements MigrationInterface {
  async up(queryRunner: QueryRunner): Promise<void> {
    // With the rights of the schema's owner, whoever changes the user; hence the fixed path, and
    // the schema from the trigger.
    await queryRunner.query(`
      CREATE FUNCTION end_sessions_of_refused_user() RETURNS trigger LANGUAGE plpgsql
        SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
      BEGIN
        EXECUTE format(
          'UPDATE %I.user_sessions
              SET is_active = false, revoked_at = now(), revoked_reason = $1
            WHERE user_id = $2 AND is_active AND expires_at > now()',
          TG_TABLE_SCHEMA)
          USING CASE WHEN NEW.is_active THEN 'account_locked' ELSE 'account_disabled' END, NEW.id;
        RETURN NULL;
      END
      $$;
      REVOKE ALL ON FUNCTION end_sessions_of_refused_user() FROM PUBLIC;
      CREATE TRIGGER users_end_sessions AFTER UPDATE ON users FOR EACH ROW
        WHEN ((NOT NEW.is_active OR NEW.account_locked_until > now())
              AND (OLD.is_active, OLD.account_locked_until)
                  IS DISTINCT FROM (NEW.is_active, NEW.account_locked_until))
        EXECUTE FUNCTION end_sessions_of_refused_user();
      CREATE TRIGGER users_announce_delete AFTER DELETE ON users FOR EACH ROW
        EXECUTE FUNCTION announce_session_revocation();
      ALTER TABLE users ENABLE ALWAYS TRIGGER users_end_sessions;
      ALTER TABLE users ENABLE ALWAYS TRIGGER users_announce_delete;
    `);
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`
      DROP TRIGGER users_announce_delete ON users;
      DROP TRIGGER users_end_sessions ON users;
      DROP FUNCTION end_sessions_of_refused_user()
    `);
  }
}
