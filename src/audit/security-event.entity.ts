import { Check, Column, Entity, Index, PrimaryColumn, Unique } from 'typeorm';

/**
 * An event of the audit trail, which is append-only: a trigger refuses UPDATE, DELETE and TRUNCATE
 * for everybody. It contains no personal data; that is in `security_event_personal`. Properties are
 * named like their columns.
 */
@Entity('security_events')
@Unique('security_events_id_key', ['id'])
@Index('security_events_user_id_idx', ['user_id', 'seq'])
@Index('security_events_subject_id_idx', ['subject_id', 'seq'])
@Check('security_events_severity_check', `severity IN ('info', 'warning', 'critical')`)
export class SecurityEventEntity {
  @PrimaryColumn('bigint', {
    generated: 'identity',
    generatedIdentity: 'ALWAYS',
    primaryKeyConstraintName: 'security_events_pkey',
  })
  seq: string;

  /**
   * The transaction that wrote the row. Rows do not commit in the order of `seq`, so a reader that
   * follows the trail must read only below the oldest running transaction.
   */
  @Column('xid8' as 'bigint', { default: () => 'pg_current_xact_id()' })
  xact: string;

  @Column('uuid')
  id: string;

  @Column('varchar', { length: 50 })
  type: string;

  @Column('varchar', { length: 20 })
  severity: string;

  @Column('timestamptz', { default: () => 'now()' })
  occurred_at: Date;

  @Column('varchar', { length: 100, default: 'default' })
  tenant_id: string;

  @Column('uuid', { nullable: true })
  subject_id: string | null;

  @Column('uuid', { nullable: true })
  user_id: string | null;

  @Column('uuid', { nullable: true })
  session_id: string | null;

  @Column('uuid', { nullable: true })
  magic_link_id: string | null;

  @Column('varchar', { length: 64, nullable: true })
  request_id: string | null;

  @Column('varchar', { length: 50, nullable: true })
  reason: string | null;

  @Column('jsonb', { default: () => `'{}'` })
  details: Record<string, unknown>;

  /** Salted hash of the personal part: proves it while it exists, reveals nothing once erased. */
  @Column('varchar', { length: 64, nullable: true })
  personal_hash: string | null;
}
