import type { MigrationInterface, QueryRunner } from 'typeorm';

export class CreateUserSessions1764000003000 implements MigrationInterface {
  async up(queryRunner: QueryRunner): Promise<void> {
    // The unique magic_link_id is the last line of defence of "one session for one link".
    await queryRunner.query(`
      CREATE TABLE user_sessions (
        id                 uuid         NOT NULL,
        user_id            uuid         NOT NULL,
        session_token_hash varchar(128) NOT NULL,
        ip_address         inet         NOT NULL,
        user_agent         text         NOT NULL,
        device_fingerprint varchar(128),
        device_name        varchar(200),
        auth_method        varchar(50)  NOT NULL,
        remember_device    boolean      NOT NULL DEFAULT false,
        is_active          boolean      NOT NULL DEFAULT true,
        created_at         timestamptz  DEFAULT now(),
        last_accessed_at   timestamptz  DEFAULT now(),
        expires_at         timestamptz  NOT NULL,
        tenant_id          varchar(100) NOT NULL DEFAULT 'default',
        magic_link_id      uuid,
        key_id             varchar(32)  NOT NULL,
        revoked_at         timestamptz,
        revoked_reason     varchar(50),
        CONSTRAINT user_sessions_pkey PRIMARY KEY (id),
        CONSTRAINT user_sessions_session_token_hash_key UNIQUE (session_token_hash),
        CONSTRAINT user_sessions_magic_link_id_key UNIQUE (magic_link_id),
        CONSTRAINT user_sessions_user_id_fkey
          FOREIGN KEY (user_id) REFERENCES users (id) ON DELETE CASCADE,
        CONSTRAINT user_sessions_magic_link_id_fkey
          FOREIGN KEY (magic_link_id) REFERENCES magic_links (id),
        CONSTRAINT user_sessions_revoked_check CHECK (revoked_at IS NULL OR NOT is_active),
        CONSTRAINT user_sessions_times_check
          CHECK (created_at IS NOT NULL AND last_accessed_at IS NOT NULL)
      );
      CREATE INDEX user_sessions_user_id_idx ON user_sessions (user_id, created_at)
    `);
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query('DROP TABLE user_sessions');
  }
}
