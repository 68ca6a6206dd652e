import { Column, Entity, Index, PrimaryColumn } from 'typeorm';

/**
 * One thing that instances must forget, written by triggers in the transaction that caused it: a
 * session, all sessions of a user, or, with neither, all sessions. Kept for an hour.
 */
@Entity('session_revocations')
@Index('session_revocations_xact_idx', ['xact'])
export class SessionRevocation {
  @PrimaryColumn('bigint', {
    generated: 'identity',
    generatedIdentity: 'ALWAYS',
    primaryKeyConstraintName: 'session_revocations_pkey',
  })
  seq: string;

  /** The transaction that wrote the row: what decides who has seen it. */
  @Column('xid8' as 'bigint', { default: () => 'pg_current_xact_id()' })
  xact: string;

  @Column('timestamptz', { default: () => 'now()' })
  revoked_at: Date;

  @Column('varchar', { length: 128, nullable: true })
  session_token_hash: string | null;

  @Column('uuid', { nullable: true })
  user_id: string | null;
}
