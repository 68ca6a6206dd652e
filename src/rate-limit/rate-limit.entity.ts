import { Column, Entity, PrimaryColumn } from 'typeorm';

/** The state of one limit for one key, or a marker. Properties are named like their columns. */
@Entity('rate_limits')
export class RateLimit {
  /** Keyed digest of what is limited, so that the table reveals no addresses. */
  @PrimaryColumn('varchar', { length: 64, primaryKeyConstraintName: 'rate_limits_pkey' })
  key: string;

  /** When each attempt that the window still covers was accepted, oldest first. */
  @Column('timestamptz', { array: true, default: () => `'{}'` })
  accepted_at: Date[];

  /** When the limit last began to refuse. Makes a flood cause one audit event for each window. */
  @Column('timestamptz', { nullable: true })
  refused_at: Date | null;

  @Column('timestamptz')
  expires_at: Date;
}
