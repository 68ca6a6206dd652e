import type { MigrationInterface, QueryRunner } from 'typeorm';

export class CreateMailOutbox1764000006000 implements MigrationInterface {
  async up(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`
      CREATE TABLE mail_outbox (
        id              uuid        NOT NULL,
        kind            varchar(50) NOT NULL,
        magic_link_id   uuid,
        user_id         uuid,
        event_id        uuid,
        locale          varchar(35),
        key_id          varchar(32) NOT NULL,
        state           varchar(20) NOT NULL DEFAULT 'pending',
        attempts        integer     NOT NULL DEFAULT 0,
        next_attempt_at timestamptz NOT NULL DEFAULT now(),
        leased_until    timestamptz,
        last_error      text,
        created_at      timestamptz NOT NULL DEFAULT now(),
        updated_at      timestamptz NOT NULL DEFAULT now(),
        CONSTRAINT mail_outbox_pkey PRIMARY KEY (id),
        CONSTRAINT mail_outbox_magic_link_id_fkey
          FOREIGN KEY (magic_link_id) REFERENCES magic_links (id) ON DELETE CASCADE,
        CONSTRAINT mail_outbox_state_check
          CHECK (state IN ('pending', 'sent', 'expired', 'cancelled', 'dead')),
        CONSTRAINT mail_outbox_recipient_check
          CHECK (num_nonnulls(magic_link_id, user_id) = 1)
      );
      CREATE UNIQUE INDEX mail_outbox_one_per_link
        ON mail_outbox (magic_link_id) WHERE kind = 'magic_link';
      CREATE INDEX mail_outbox_pending_idx ON mail_outbox (next_attempt_at)
        WHERE state = 'pending'
    `);
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query('DROP TABLE mail_outbox');
  }
}
