import { Check, Column, Entity, PrimaryColumn } from 'typeorm';

/** The part of an event that erasure deletes. Properties are named like their columns. */
@Entity('security_event_personal')
@Check('security_event_personal_salt_check', 'octet_length(salt) = 16')
export class SecurityEventPersonal {
  @PrimaryColumn('uuid', { primaryKeyConstraintName: 'security_event_personal_pkey' })
  event_id: string;

  @Column('bytea')
  salt: Buffer;

  @Column('inet', { nullable: true })
  ip_address: string | null;

  @Column('text', { nullable: true })
  user_agent: string | null;
}
