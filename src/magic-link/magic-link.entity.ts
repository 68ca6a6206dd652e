import { Check, Column, Entity, Index, PrimaryColumn, Unique } from 'typeorm';

/** A mailed link (docs/guide.md, section 1.3). Properties are named like their columns. */
@Entity('magic_links')
@Unique('magic_links_token_hash_key', ['token_hash'])
@Index('magic_links_one_live', ['tenant_id', 'email', 'client_network'], {
  unique: true,
  where: 'NOT is_used AND superseded_at IS NULL',
})
@Index('magic_links_expires_at_idx', ['is_used', 'expires_at'])
@Check('magic_links_attempt_count_check', 'attempt_count >= 0')
@Check('magic_links_used_check', 'is_used = (used_at IS NOT NULL)')
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

  /** One place for the limiter and for superseding: an IPv4 address or an IPv6 /64. */
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
}
