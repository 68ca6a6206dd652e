import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * What ends or changes a session, also by plain SQL, is written down in the same transaction, so
 * that every instance finds out by asking for what its previous look could not see. A table and not
 * a column of `user_sessions`: a deleted row has no column left to tell of it, the feed reads a
 * handful of rows whatever the size of the sessions' table, and that table needs no further index.
 */
export class CreateSessionRevocations1764000009000 implements MigrationInterface {
  async up(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`
      CREATE TABLE session_revocations (
        seq                bigint      NOT NULL GENERATED ALWAYS AS IDENTITY,
        xact               xid8        NOT NULL DEFAULT pg_current_xact_id(),
        revoked_at         timestamptz NOT NULL DEFAULT now(),
        session_token_hash varchar(128),
        user_id            uuid,
        CONSTRAINT session_revocations_pkey PRIMARY KEY (seq)
      );
      CREATE INDEX session_revocations_xact_idx ON session_revocations (xact);
    `);
    // With the rights of the schema's owner, whoever ends the session; hence the fixed path, and
    // the schema from the trigger: no table of somebody else's can take this one's place.
    await queryRunner.query(`
      CREATE FUNCTION announce_session_revocation() RETURNS trigger LANGUAGE plpgsql
        SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
      DECLARE
        token_hash text;
        user_id uuid;
      BEGIN
        IF TG_LEVEL = 'ROW' AND TG_TABLE_NAME = 'users' THEN
          user_id := OLD.id;
        ELSIF TG_LEVEL = 'ROW' THEN
          token_hash := OLD.session_token_hash;
        END IF;
        EXECUTE format(
          'INSERT INTO %I.session_revocations (session_token_hash, user_id) VALUES ($1, $2)',
          TG_TABLE_SCHEMA) USING token_hash, user_id;
        PERFORM pg_notify('mira_session_revocations', '');
        RETURN NULL;
      END
      $$;
      REVOKE ALL ON FUNCTION announce_session_revocation() FROM PUBLIC;
    `);
    // The columns are those that instances keep in memory. A use that is noted is no change; one
    // that is taken back may end the session by idling. What has expired needs no announcement:
    // every instance knows when that is.
    await queryRunner.query(`
      CREATE TRIGGER user_sessions_announce_update AFTER UPDATE ON user_sessions FOR EACH ROW
        WHEN (OLD.last_accessed_at > NEW.last_accessed_at
              OR (OLD.id, OLD.user_id, OLD.session_token_hash, OLD.ip_address, OLD.user_agent,
                  OLD.device_fingerprint, OLD.device_name, OLD.auth_method, OLD.remember_device,
                  OLD.is_active, OLD.created_at, OLD.expires_at, OLD.tenant_id, OLD.key_id)
                 IS DISTINCT FROM
                 (NEW.id, NEW.user_id, NEW.session_token_hash, NEW.ip_address, NEW.user_agent,
                  NEW.device_fingerprint, NEW.device_name, NEW.auth_method, NEW.remember_device,
                  NEW.is_active, NEW.created_at, NEW.expires_at, NEW.tenant_id, NEW.key_id))
        EXECUTE FUNCTION announce_session_revocation();
      CREATE TRIGGER user_sessions_announce_delete AFTER DELETE ON user_sessions FOR EACH ROW
        WHEN (OLD.is_active AND OLD.expires_at > now())
        EXECUTE FUNCTION announce_session_revocation();
      CREATE TRIGGER user_sessions_announce_truncate AFTER TRUNCATE ON user_sessions
        FOR EACH STATEMENT EXECUTE FUNCTION announce_session_revocation();
      CREATE TRIGGER users_announce_update AFTER UPDATE ON users FOR EACH ROW
        WHEN ((OLD.id, OLD.email, OLD.tenant_id, OLD.is_active, OLD.email_verified,
               OLD.account_locked_until, OLD.created_at)
              IS DISTINCT FROM
              (NEW.id, NEW.email, NEW.tenant_id, NEW.is_active, NEW.email_verified,
               NEW.account_locked_until, NEW.created_at))
        EXECUTE FUNCTION announce_session_revocation();
      -- Also where replication or a bulk load has turned ordinary triggers off.
      ALTER TABLE user_sessions ENABLE ALWAYS TRIGGER user_sessions_announce_update;
      ALTER TABLE user_sessions ENABLE ALWAYS TRIGGER user_sessions_announce_delete;
      ALTER TABLE user_sessions ENABLE ALWAYS TRIGGER user_sessions_announce_truncate;
      ALTER TABLE users ENABLE ALWAYS TRIGGER users_announce_update;
    `);
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`
      DROP TRIGGER user_sessions_announce_update ON user_sessions;
      DROP TRIGGER user_sessions_announce_delete ON user_sessions;
      DROP TRIGGER user_sessions_announce_truncate ON user_sessions;
      DROP TRIGGER users_announce_update ON users;
      DROP FUNCTION announce_session_revocation();
      DROP TABLE session_revocations
    `);
  }
}
