import type { MigrationInterface, QueryRunner } from 'typeorm';

/** What lets the clean-up find its rows without reading whole tables. */
export class IndexExpiredRows1764000008000 implements MigrationInterface {
  async up(queryRunner: QueryRunner): Promise<void> {
    // is_used stands in the index and not in a condition of it: before a table has statistics an
    // index with a condition looks cheaper than the right one to whoever asks for unused links.
    await queryRunner.query(`
      CREATE INDEX magic_links_expires_at_idx ON magic_links (is_used, expires_at);
      CREATE INDEX user_sessions_expires_at_idx ON user_sessions (expires_at);
      CREATE INDEX mail_outbox_ended_idx ON mail_outbox (updated_at) WHERE state <> 'pending';
      CREATE INDEX code_lockouts_updated_at_idx ON code_lockouts (updated_at);
    `);
    // For every link that is deleted, the foreign key looks for its mails of any kind: the index
    // that holds one kind only is of no use to it.
    await queryRunner.query(`
      DROP INDEX mail_outbox_one_per_link;
      CREATE UNIQUE INDEX mail_outbox_one_per_link ON mail_outbox (magic_link_id, kind)
        WHERE magic_link_id IS NOT NULL;
    `);
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`
      DROP INDEX mail_outbox_one_per_link;
      CREATE UNIQUE INDEX mail_outbox_one_per_link
        ON mail_outbox (magic_link_id) WHERE kind = 'magic_link';
      DROP INDEX code_lockouts_updated_at_idx;
      DROP INDEX mail_outbox_ended_idx;
      DROP INDEX user_sessions_expires_at_idx;
      DROP INDEX magic_links_expires_at_idx;
    `);
  }
}
