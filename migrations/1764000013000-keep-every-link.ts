import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * Several links of one address may be live (docs/reference/owner-or-stranger.md#asking-again), and a
 * reported link pauses mails instead of stopping them for a day.
 */
export class KeepEveryLink1764000013000 implements MigrationInterface {
  async up(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`
      DROP INDEX magic_links_one_live;
      CREATE INDEX magic_links_live_idx ON magic_links (tenant_id, email)
        WHERE NOT is_used AND superseded_at IS NULL;
      CREATE TABLE mail_pauses (
        mailbox      varchar(64) NOT NULL,
        network      varchar(64) NOT NULL,
        links        integer     NOT NULL DEFAULT 1,
        paused_until timestamptz NOT NULL,
        CONSTRAINT mail_pauses_pkey PRIMARY KEY (mailbox, network),
        CONSTRAINT mail_pauses_links_check CHECK (links > 0)
      );
      CREATE INDEX mail_pauses_paused_until_idx ON mail_pauses (paused_until)
    `);
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    // The previous release allows one live link for each address and network: the newest stays.
    await queryRunner.query(`
      DROP TABLE mail_pauses;
      DROP INDEX magic_links_live_idx;
      UPDATE magic_links link SET superseded_at = now()
       WHERE NOT is_used AND superseded_at IS NULL
         AND EXISTS (SELECT FROM magic_links newer
                      WHERE newer.tenant_id = link.tenant_id AND newer.email = link.email
                        AND newer.client_network = link.client_network
                        AND NOT newer.is_used AND newer.superseded_at IS NULL
                        AND (newer.created_at, newer.id) > (link.created_at, link.id));
      CREATE UNIQUE INDEX magic_links_one_live ON magic_links (tenant_id, email, client_network)
        WHERE NOT is_used AND superseded_at IS NULL
    `);
  }
}
