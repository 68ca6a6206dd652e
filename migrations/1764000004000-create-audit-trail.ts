import type { MigrationInterface, QueryRunner } from 'typeorm';

export class CreateAuditTrail1764000004000 implements MigrationInterface {
  async up(queryRunner: QueryRunner): Promise<void> {
    // No foreign keys: an event outlives everything that it tells of.
    await queryRunner.query(`
      CREATE TABLE security_events (
        seq           bigint       NOT NULL GENERATED ALWAYS AS IDENTITY,
        xact          xid8         NOT NULL DEFAULT pg_current_xact_id(),
        id            uuid         NOT NULL,
        type          varchar(50)  NOT NULL,
        severity      varchar(20)  NOT NULL,
        occurred_at   timestamptz  NOT NULL DEFAULT now(),
        tenant_id     varchar(100) NOT NULL DEFAULT 'default',
        subject_id    uuid,
        user_id       uuid,
        session_id    uuid,
        magic_link_id uuid,
        request_id    varchar(64),
        reason        varchar(50),
        details       jsonb        NOT NULL DEFAULT '{}',
        personal_hash varchar(64),
        CONSTRAINT security_events_pkey PRIMARY KEY (seq),
        CONSTRAINT security_events_id_key UNIQUE (id),
        CONSTRAINT security_events_severity_check
          CHECK (severity IN ('info', 'warning', 'critical'))
      );
      CREATE INDEX security_events_user_id_idx ON security_events (user_id, seq);
      CREATE INDEX security_events_subject_id_idx ON security_events (subject_id, seq);

      CREATE FUNCTION refuse_trail_change() RETURNS trigger LANGUAGE plpgsql AS $$
      BEGIN
        RAISE EXCEPTION 'the audit trail is append-only: % on % is refused', TG_OP, TG_TABLE_NAME
          USING ERRCODE = 'insufficient_privilege';
      END
      $$;
      CREATE TRIGGER security_events_append_only
        BEFORE UPDATE OR DELETE OR TRUNCATE ON security_events
        FOR EACH STATEMENT EXECUTE FUNCTION refuse_trail_change();
      ALTER TABLE security_events ENABLE ALWAYS TRIGGER security_events_append_only;

      CREATE TABLE security_event_personal (
        event_id   uuid  NOT NULL,
        salt       bytea NOT NULL,
        ip_address inet,
        user_agent text,
        CONSTRAINT security_event_personal_pkey PRIMARY KEY (event_id),
        CONSTRAINT security_event_personal_salt_check CHECK (octet_length(salt) = 16)
      );

      CREATE TABLE subjects (
        id             uuid         NOT NULL,
        tenant_id      varchar(100) NOT NULL DEFAULT 'default',
        address_digest varchar(128) NOT NULL,
        key_id         varchar(32)  NOT NULL,
        created_at     timestamptz  NOT NULL DEFAULT now(),
        CONSTRAINT subjects_pkey PRIMARY KEY (id),
        CONSTRAINT subjects_tenant_id_address_digest_key UNIQUE (tenant_id, address_digest)
      )
    `);
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`
      DROP TABLE subjects;
      DROP TABLE security_event_personal;
      DROP TABLE security_events;
      DROP FUNCTION refuse_trail_change()
    `);
  }
}
