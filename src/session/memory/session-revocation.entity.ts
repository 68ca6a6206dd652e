import { Column, Entity, Index, PrimaryColumn } from 'typeorm';

/**
 * A revocation that instances must apply to their caches: of one session, of all sessions of a user
 * or, with neither, of all sessions. Triggers write it in the transaction that caused it. Kept for
 * an hour.
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

  /** The transaction that wrote the row. It decides in which snapshots the row is visible. */
  @Column('xid8' as 'bigint', { default: () => 'pg_current_xact_id()' })
  xact: string;

  @Column('timestamptz', { default: () => 'now()' })
  revoked_at: Date;

  @Column('varchar', { length: 128, nullable: true })
  session_token_hash: string | null;

  @Column('uuid', { nullable: true })
  user_id: string | null;
}
