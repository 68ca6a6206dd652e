import { Check, Column, Entity, Index, PrimaryColumn, Unique } from 'typeorm';

import type { DeviceKind } from '../context/presented-device';

/** A mailed link (docs/guide.md, section 1.3). Properties are named like their columns. */
@Entity('magic_links')
@Unique('magic_links_token_hash_key', ['token_hash'])
@Index('magic_links_live_idx', ['tenant_id', 'email'], {
  where: 'NOT is_used AND superseded_at IS NULL',
})
@Index('magic_links_expires_at_idx', ['is_used', 'expires_at'])
@Check('magic_links_attempt_count_check', 'attempt_count >= 0')
@Check('magic_links_used_check', 'is_used = (used_at IS NOT NULL)')
@Check(
  'magic_links_device_check',
  `(device_kind IS NOT DISTINCT FROM 'secret') = (device_secret IS NOT NULL)`,
)
@Check('magic_links_created_at_check', 'created_at IS NOT NULL')
export class MagicLink {
  @PrimaryColumn('uuid', { primaryKeyConstraintName: 'magic_links_pkey' })
  id: string;

  @Column('uuid', { nullable: true })
  user_id: string | null;

  @Column('varchar', { length: 320 })
  email: string;

  /** SHA-256 of the exact token, in hex. The token itself is stored nowhere. */
  @Column('varchar', { length: 128 })
  token_hash: string;

  @Column('inet')
  ip_address: string;

  @Column('text', { nullable: true })
  user_agent: string | null;

  /** Keyed digest of the fingerprint that the requesting device presented. */
  @Column('varchar', { length: 128, nullable: true })
  device_fingerprint: string | null;

  /** Wrong codes that were tried for this link. */
  @Column('integer', { default: 0 })
  attempt_count: number;

  @Column('boolean', { default: false })
  is_used: boolean;

  @Column('timestamptz')
  expires_at: Date;

  @Column('timestamptz', { nullable: true, default: () => 'now()' })
  created_at: Date;

  @Column('timestamptz', { nullable: true })
  used_at: Date | null;

  @Column('varchar', { length: 100, default: 'default' })
  tenant_id: string;

  /** One place for the limiter and for pauses: an IPv4 address or an IPv6 /64. */
  @Column('cidr')
  client_network: string;

  /** The master key that the token was derived with. */
  @Column('varchar', { length: 32 })
  key_id: string;

  @Column('timestamptz', { nullable: true })
  superseded_at: Date | null;

  @Column('varchar', { length: 2048, nullable: true })
  redirect_to: string | null;

  @Column('varchar', { length: 35, nullable: true })
  locale: string | null;

  /** What the requesting device has shown of itself; `null` in rows of the first release. */
  @Column('varchar', { length: 20, nullable: true })
  device_kind: DeviceKind | null;

  /** Digest of the requesting device's secret, keyed for the address. */
  @Column('varchar', { length: 128, nullable: true })
  device_secret: string | null;

  /** The device of the address's user that has asked, if the user knew it: `devices.id`. */
  @Column('uuid', { nullable: true })
  device_id: string | null;

  /** When it was reported as unwanted from elsewhere. A link counts once towards a pause. */
  @Column('timestamptz', { nullable: true })
  reported_at: Date | null;
}
