import { Check, Column, Entity, ForeignKey, Index, PrimaryColumn, Unique } from 'typeorm';

/**
 * A device that an account has signed in with (docs/reference/owner-or-stranger.md#known-device).
 * Properties are named like their columns.
 */
@Entity('devices')
@Unique('devices_user_id_digest_key', ['user_id', 'digest'])
@Index('devices_last_seen_at_idx', ['last_seen_at'])
@Check('devices_forgotten_check', 'forgotten_by IS NULL OR forgotten_at IS NOT NULL')
export class Device {
  @PrimaryColumn('uuid', { primaryKeyConstraintName: 'devices_pkey' })
  id: string;

  @Column('uuid')
  @ForeignKey('users', { name: 'devices_user_id_fkey', onDelete: 'CASCADE' })
  user_id: string;

  /** Of the device secret, keyed for the user: the same device has another one for each user. */
  @Column('varchar', { length: 128 })
  digest: string;

  @Column('timestamptz', { default: () => 'now()' })
  first_seen_at: Date;

  @Column('timestamptz', { default: () => 'now()' })
  last_seen_at: Date;

  @Column('timestamptz', { nullable: true })
  forgotten_at: Date | null;

  /** The link or session whose report has made the service forget the device; undo goes by it. */
  @Column('uuid', { nullable: true })
  forgotten_by: string | null;
}
