import { Check, Column, Entity, ForeignKey, Index, PrimaryColumn, Unique } from 'typeorm';

import type { DeviceKind } from '../context/presented-device';

/** A session (docs/guide.md, section 1.3). Properties are named like their columns. */
@Entity('user_sessions')
@Unique('user_sessions_session_token_hash_key', ['session_token_hash'])
@Unique('user_sessions_magic_link_id_key', ['magic_link_id'])
@Index('user_sessions_user_id_idx', ['user_id', 'created_at'])
@Index('user_sessions_expires_at_idx', ['expires_at'])
@Check('user_sessions_revoked_check', 'revoked_at IS NULL OR NOT is_active')
@Check(
  'user_sessions_device_check',
  `(device_kind IS NOT DISTINCT FROM 'secret') = (device_secret IS NOT NULL)`,
)
@Check('user_sessions_times_check', 'created_at IS NOT NULL AND last_accessed_at IS NOT NULL')
export class UserSession {
  @PrimaryColumn('uuid', { primaryKeyConstraintName: 'user_sessions_pkey' })
  id: string;

  @Column('uuid')
  @ForeignKey('users', { name: 'user_sessions_user_id_fkey', onDelete: 'CASCADE' })
  user_id: string;

  /** SHA-256 of the exact token, in hex. The token itself is stored nowhere. */
  @Column('varchar', { length: 128 })
  session_token_hash: string;

  @Column('inet')
  ip_address: string;

  @Column('text')
  user_agent: string;

  /** Keyed digest of the fingerprint that the device presented at sign-in. */
  @Column('varchar', { length: 128, nullable: true })
  device_fingerprint: string | null;

  @Column('varchar', { length: 200, nullable: true })
  device_name: string | null;

  @Column('varchar', { length: 50 })
  auth_method: string;

  @Column('boolean', { default: false })
  remember_device: boolean;

  @Column('boolean', { default: true })
  is_active: boolean;

  @Column('timestamptz', { nullable: true, default: () => 'now()' })
  created_at: Date;

  @Column('timestamptz', { nullable: true, default: () => 'now()' })
  last_accessed_at: Date;

  @Column('timestamptz')
  expires_at: Date;

  @Column('varchar', { length: 100, default: 'default' })
  tenant_id: string;

  /** The link that this session was opened with; `null` for migrated sessions. */
  @Column('uuid', { nullable: true })
  @ForeignKey('magic_links', { name: 'user_sessions_magic_link_id_fkey' })
  magic_link_id: string | null;

  /** The master key that the token was derived with. */
  @Column('varchar', { length: 32 })
  key_id: string;

  @Column('timestamptz', { nullable: true })
  revoked_at: Date | null;

  @Column('varchar', { length: 50, nullable: true })
  revoked_reason: string | null;

  /** What the device has shown of itself at sign-in; `null` in rows of the first release. */
  @Column('varchar', { length: 20, nullable: true })
  device_kind: DeviceKind | null;

  /** Digest of the device's secret, keyed for the user. */
  @Column('varchar', { length: 128, nullable: true })
  device_secret: string | null;

  /** The device among those that the account knows: `devices.id`, which may be gone. */
  @Column('uuid', { nullable: true })
  device_id: string | null;

  /** Whether the account knew the device before this sign-in. */
  @Column('boolean', { nullable: true })
  device_was_known: boolean | null;

  /** Where the session was last used, written with `last_accessed_at`. */
  @Column('inet', { nullable: true })
  last_ip_address: string | null;

  @Column('text', { nullable: true })
  last_user_agent: string | null;

  /** When its use from a new network was last recorded in the trail: at most once an hour. */
  @Column('timestamptz', { nullable: true })
  network_changed_at: Date | null;
}
