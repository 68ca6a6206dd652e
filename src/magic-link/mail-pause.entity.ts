import { Check, Column, Entity, Index, PrimaryColumn } from 'typeorm';

/**
 * No mails to a mailbox that a network asks for without a known device, for a while
 * (docs/reference/owner-or-stranger.md#the-pause). Properties are named like their columns.
 */
@Entity('mail_pauses')
@Index('mail_pauses_paused_until_idx', ['paused_until'])
@Check('mail_pauses_links_check', 'links > 0')
export class MailPause {
  /** Digests, from `LimiterKeys`: of the mailbox, and of the mailbox and the network. */
  @PrimaryColumn('varchar', { length: 64, primaryKeyConstraintName: 'mail_pauses_pkey' })
  mailbox: string;

  @PrimaryColumn('varchar', { length: 64, primaryKeyConstraintName: 'mail_pauses_pkey' })
  network: string;

  /** How many links were reported: each further one doubles the pause. */
  @Column('integer', { default: 1 })
  links: number;

  @Column('timestamptz')
  paused_until: Date;
}
