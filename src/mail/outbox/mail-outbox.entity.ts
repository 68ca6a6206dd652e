import { Check, Column, Entity, ForeignKey, Index, PrimaryColumn } from 'typeorm';

/**
 * A queued mail. It holds no token, code or link: they are derived at the moment of sending, from
 * the row that it references. Properties are named like their columns.
 */
@Entity('mail_outbox')
@Index('mail_outbox_one_per_link', ['magic_link_id', 'kind'], {
  unique: true,
  where: 'magic_link_id IS NOT NULL',
})
@Index('mail_outbox_pending_idx', ['next_attempt_at'], { where: `state = 'pending'` })
@Index('mail_outbox_ended_idx', ['updated_at'], { where: `state <> 'pending'` })
@Check('mail_outbox_state_check', `state IN ('pending', 'sent', 'expired', 'cancelled', 'dead')`)
@Check('mail_outbox_recipient_check', 'num_nonnulls(magic_link_id, user_id) = 1')
export class MailOutboxEntity {
  @PrimaryColumn('uuid', { primaryKeyConstraintName: 'mail_outbox_pkey' })
  id: string;

  @Column('varchar', { length: 50 })
  kind: string;

  @Column('uuid', { nullable: true })
  @ForeignKey('magic_links', { name: 'mail_outbox_magic_link_id_fkey', onDelete: 'CASCADE' })
  magic_link_id: string | null;

  @Column('uuid', { nullable: true })
  user_id: string | null;

  @Column('uuid', { nullable: true })
  event_id: string | null;

  @Column('varchar', { length: 35, nullable: true })
  locale: string | null;

  /** The master key that the mail's tokens derive from: only processes that hold it can send it. */
  @Column('varchar', { length: 32 })
  key_id: string;

  @Column('varchar', { length: 20, default: 'pending' })
  state: string;

  @Column('integer', { default: 0 })
  attempts: number;

  @Column('timestamptz', { default: () => 'now()' })
  next_attempt_at: Date;

  @Column('timestamptz', { nullable: true })
  leased_until: Date | null;

  /** The class of the last failure, without the server's message, which may repeat the address. */
  @Column('text', { nullable: true })
  last_error: string | null;

  @Column('timestamptz', { default: () => 'now()' })
  created_at: Date;

  @Column('timestamptz', { default: () => 'now()' })
  updated_at: Date;
}
