import type { MigrationInterface, QueryRunner } from 'typeorm';

export class CreateRateLimits1764000005000 implements MigrationInterface {
  async up(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`
      CREATE TABLE rate_limits (
        key         varchar(64)   NOT NULL,
        accepted_at timestamptz[] NOT NULL DEFAULT '{}',
        refused_at  timestamptz,
        expires_at  timestamptz   NOT NULL,
        CONSTRAINT rate_limits_pkey PRIMARY KEY (key)
      );
      -- Compressing a long array at every attempt costs more than its bytes do.
      ALTER TABLE rate_limits ALTER COLUMN accepted_at SET STORAGE EXTERNAL
    `);
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query('DROP TABLE rate_limits');
  }
}
