import { Check, Column, Entity, Index, PrimaryColumn } from 'typeorm';

/**
 * How many wrong codes were tried for an address since its last sign-in by link, whether or not it
 * has an account. Properties are named like their columns.
 */
@Entity('code_lockouts')
@Index('code_lockouts_updated_at_idx', ['updated_at'])
@Check('code_lockouts_wrong_codes_check', 'wrong_codes >= 0')
export class CodeLockout {
  /** Keyed digest of the address. */
  @PrimaryColumn('varchar', { length: 64, primaryKeyConstraintName: 'code_lockouts_pkey' })
  key: string;

  @Column('integer', { default: 0 })
  wrong_codes: number;

  /** Until then codes for this address are refused. */
  @Column('timestamptz', { nullable: true })
  locked_until: Date | null;

  @Column('timestamptz', { default: () => 'now()' })
  updated_at: Date;
}
