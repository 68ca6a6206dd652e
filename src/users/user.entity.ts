import { Check, Column, Entity, PrimaryColumn, Unique } from 'typeorm';

/**
 * A person who has proven a mailbox, or was migrated (docs/guide.md, section 1.3). Properties are
 * named like their columns, so that a row from PostgreSQL has this type.
 */
@Entity('users')
@Unique('users_tenant_id_email_key', ['tenant_id', 'email'])
@Unique('users_email_key', ['email'])
@Check('users_email_check', `email = lower(email) AND email LIKE '_%@_%'`)
@Check('users_failed_login_count_check', 'failed_login_count >= 0')
@Check('users_created_at_check', 'created_at IS NOT NULL')
export class User {
  @PrimaryColumn('uuid', { primaryKeyConstraintName: 'users_pkey' })
  id: string;

  /** The canonical form: see `email-address.ts`. */
  @Column('varchar', { length: 320 })
  email: string;

  @Column('varchar', { length: 100, default: 'default' })
  tenant_id: string;

  @Column('boolean', { default: true })
  is_active: boolean;

  @Column('boolean', { default: false })
  email_verified: boolean;

  /** Wrong codes that were counted for the address, as of the last sign-in. */
  @Column('integer', { default: 0 })
  failed_login_count: number;

  /** Set by operators only. Wrong codes never set it: a stranger must not lock people out. */
  @Column('timestamptz', { nullable: true })
  account_locked_until: Date | null;

  /** Keyed digests of the fingerprints of remembered devices. */
  @Column('varchar', { array: true, default: () => `'{}'` })
  trusted_device_ids: string[];

  /** The last 20 IP addresses that this user has signed in from, newest last. */
  @Column('inet', { array: true, default: () => `'{}'` })
  known_ip_addresses: string[];

  @Column('jsonb', { default: () => `'{}'` })
  security_flags: Record<string, unknown>;

  @Column('jsonb', { default: () => `'{}'` })
  user_metadata: Record<string, unknown>;

  @Column('timestamptz', { nullable: true, default: () => 'now()' })
  created_at: Date;

  @Column('timestamptz', { nullable: true })
  updated_at: Date | null;

  @Column('timestamptz', { nullable: true })
  last_login_at: Date | null;
}
