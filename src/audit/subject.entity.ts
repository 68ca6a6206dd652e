import { Column, Entity, PrimaryColumn, Unique } from 'typeorm';

/**
 * Stands for an address in the audit trail, so that the trail contains no addresses. Erasure
 * deletes the row, and with it the only way from the address to its events. Properties are named
 * like their columns.
 */
@Entity('subjects')
@Unique('subjects_tenant_id_address_digest_key', ['tenant_id', 'address_digest'])
export class Subject {
  @PrimaryColumn('uuid', { primaryKeyConstraintName: 'subjects_pkey' })
  id: string;

  @Column('varchar', { length: 100, default: 'default' })
  tenant_id: string;

  /** Keyed digest (pseudonym) of the canonical address. */
  @Column('varchar', { length: 128 })
  address_digest: string;

  /** The master key that the digest was made with. */
  @Column('varchar', { length: 32 })
  key_id: string;

  @Column('timestamptz', { default: () => 'now()' })
  created_at: Date;
}
