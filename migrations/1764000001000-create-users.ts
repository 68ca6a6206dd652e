import type { MigrationInterface, QueryRunner } from 'typeorm';

export class CreateUsers1764000001000 implements MigrationInterface {
  async up(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`
      CREATE TABLE users (
        id                   uuid         NOT NULL,
        email                varchar(320) NOT NULL,
        tenant_id            varchar(100) NOT NULL DEFAULT 'default',
        is_active            boolean      NOT NULL DEFAULT true,
        email_verified       boolean      NOT NULL DEFAULT false,
        failed_login_count   integer      NOT NULL DEFAULT 0,
        account_locked_until timestamptz,
        trusted_device_ids   varchar[]    NOT NULL DEFAULT '{}',
        known_ip_addresses   inet[]       NOT NULL DEFAULT '{}',
        security_flags       jsonb        NOT NULL DEFAULT '{}',
        user_metadata        jsonb        NOT NULL DEFAULT '{}',
        created_at           timestamptz  DEFAULT now(),
        updated_at           timestamptz,
        last_login_at        timestamptz,
        CONSTRAINT users_pkey PRIMARY KEY (id),
        CONSTRAINT users_tenant_id_email_key UNIQUE (tenant_id, email),
        CONSTRAINT users_email_key UNIQUE (email),
        CONSTRAINT users_email_check CHECK (email = lower(email) AND email LIKE '_%@_%'),
        CONSTRAINT users_failed_login_count_check CHECK (failed_login_count >= 0),
        CONSTRAINT users_created_at_check CHECK (created_at IS NOT NULL)
      )
    `);
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query('DROP TABLE users');
  }
}
