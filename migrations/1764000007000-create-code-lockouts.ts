import type { MigrationInterface, QueryRunner } from 'typeorm';

export class CreateCodeLockouts1764000007000 implements MigrationInterface {
  async up(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`
      CREATE TABLE code_lockouts (
        key          varchar(64) NOT NULL,
        wrong_codes  integer     NOT NULL DEFAULT 0,
        locked_until timestamptz,
        updated_at   timestamptz NOT NULL DEFAULT now(),
        CONSTRAINT code_lockouts_pkey PRIMARY KEY (key),
        CONSTRAINT code_lockouts_wrong_codes_check CHECK (wrong_codes >= 0)
      )
    `);
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query('DROP TABLE code_lockouts');
  }
}
