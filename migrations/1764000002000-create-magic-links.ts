import type { MigrationInterface, QueryRunner } from 'typeorm';

export class CreateMagicLinks1764000002000 implements MigrationInterface {
  async up(queryRunner: QueryRunner): Promise<void> {
    // user_id has no foreign key: its check would cost requests for known addresses only, and so
    // tell them from unknown ones by their time.
    await queryRunner.query(`
      CREATE TABLE magic_links (
        id                 uuid          NOT NULL,
        user_id            uuid,
        email              varchar(320)  NOT NULL,
        token_hash         varchar(128)  NOT NULL,
        ip_address         inet          NOT NULL,
        user_agent         text,
        device_fingerprint varchar(128),
        attempt_count      integer       NOT NULL DEFAULT 0,
        is_used            boolean       NOT NULL DEFAULT false,
        expires_at         timestamptz   NOT NULL,
        created_at         timestamptz   DEFAULT now(),
        used_at            timestamptz,
        tenant_id          varchar(100)  NOT NULL DEFAULT 'default',
        client_network     cidr          NOT NULL,
        key_id             varchar(32)   NOT NULL,
        superseded_at      timestamptz,
        redirect_to        varchar(2048),
        locale             varchar(35),
        CONSTRAINT magic_links_pkey PRIMARY KEY (id),
        CONSTRAINT magic_links_token_hash_key UNIQUE (token_hash),
        CONSTRAINT magic_links_attempt_count_check CHECK (attempt_count >= 0),
        CONSTRAINT magic_links_used_check CHECK (is_used = (used_at IS NOT NULL)),
        CONSTRAINT magic_links_created_at_check CHECK (created_at IS NOT NULL)
      );
      CREATE UNIQUE INDEX magic_links_one_live
        ON magic_links (tenant_id, email, client_network)
        WHERE NOT is_used AND superseded_at IS NULL
    `);
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query('DROP TABLE magic_links');
  }
}
