import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * Known devices (docs/reference/owner-or-stranger.md#known-device), and what links and sessions
 * record of the device that they belong to. All new columns may be NULL: the previous release writes
 * none of them, and its rows are told by that.
 */
export class CreateDevices1764000011000 implements MigrationInterface {
  async up(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`
      CREATE TABLE devices (
        id            uuid         NOT NULL,
        user_id       uuid         NOT NULL,
        digest        varchar(128) NOT NULL,
        first_seen_at timestamptz  NOT NULL DEFAULT now(),
        last_seen_at  timestamptz  NOT NULL DEFAULT now(),
        forgotten_at  timestamptz,
        forgotten_by  uuid,
        CONSTRAINT devices_pkey PRIMARY KEY (id),
        CONSTRAINT devices_user_id_digest_key UNIQUE (user_id, digest),
        CONSTRAINT devices_user_id_fkey
          FOREIGN KEY (user_id) REFERENCES users (id) ON DELETE CASCADE,
        CONSTRAINT devices_forgotten_check CHECK (forgotten_by IS NULL OR forgotten_at IS NOT NULL)
      );
      CREATE INDEX devices_last_seen_at_idx ON devices (last_seen_at)
    `);
    // NOT VALID: the columns are new, so no row can break the rule, and nobody waits for a look at
    // all of them.
    await queryRunner.query(`
      ALTER TABLE magic_links
        ADD COLUMN device_kind   varchar(20),
        ADD COLUMN device_secret varchar(128),
        ADD COLUMN device_id     uuid,
        ADD COLUMN reported_at   timestamptz,
        ADD CONSTRAINT magic_links_device_check
          CHECK ((device_kind IS NOT DISTINCT FROM 'secret') = (device_secret IS NOT NULL)) NOT VALID;
      ALTER TABLE user_sessions
        ADD COLUMN device_kind        varchar(20),
        ADD COLUMN device_secret      varchar(128),
        ADD COLUMN device_id          uuid,
        ADD COLUMN device_was_known   boolean,
        ADD COLUMN last_ip_address    inet,
        ADD COLUMN last_user_agent    text,
        ADD COLUMN network_changed_at timestamptz,
        ADD CONSTRAINT user_sessions_device_check
          CHECK ((device_kind IS NOT DISTINCT FROM 'secret') = (device_secret IS NOT NULL)) NOT VALID;
      -- As before, with the new columns that instances keep in memory.
      DROP TRIGGER user_sessions_announce_update ON user_sessions;
      CREATE TRIGGER user_sessions_announce_update AFTER UPDATE ON user_sessions FOR EACH ROW
        WHEN (OLD.last_accessed_at > NEW.last_accessed_at
              OR (OLD.id, OLD.user_id, OLD.session_token_hash, OLD.ip_address, OLD.user_agent,
                  OLD.device_fingerprint, OLD.device_name, OLD.auth_method, OLD.remember_device,
                  OLD.is_active, OLD.created_at, OLD.expires_at, OLD.tenant_id, OLD.key_id,
                  OLD.device_kind, OLD.device_secret)
                 IS DISTINCT FROM
                 (NEW.id, NEW.user_id, NEW.session_token_hash, NEW.ip_address, NEW.user_agent,
                  NEW.device_fingerprint, NEW.device_name, NEW.auth_method, NEW.remember_device,
                  NEW.is_active, NEW.created_at, NEW.expires_at, NEW.tenant_id, NEW.key_id,
                  NEW.device_kind, NEW.device_secret))
        EXECUTE FUNCTION announce_session_revocation();
      ALTER TABLE user_sessions ENABLE ALWAYS TRIGGER user_sessions_announce_update
    `);
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    // What a session of this release is bound to goes with the columns, so it ends.
    await queryRunner.query(`
      UPDATE user_sessions SET is_active = false, revoked_at = now(), revoked_reason = 'reverted'
       WHERE is_active AND device_kind = 'secret';
      DROP TRIGGER user_sessions_announce_update ON user_sessions;
      ALTER TABLE user_sessions
        DROP COLUMN device_kind, DROP COLUMN device_secret, DROP COLUMN device_id,
        DROP COLUMN device_was_known, DROP COLUMN last_ip_address, DROP COLUMN last_user_agent,
        DROP COLUMN network_changed_at;
      ALTER TABLE magic_links
        DROP COLUMN device_kind, DROP COLUMN device_secret, DROP COLUMN device_id,
        DROP COLUMN reported_at;
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
      ALTER TABLE user_sessions ENABLE ALWAYS TRIGGER user_sessions_announce_update;
      DROP TABLE devices
    `);
  }
}
