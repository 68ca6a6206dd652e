import { Inject, Injectable } from '@nestjs/common';

import { RESOLVED_OPTIONS, type ResolvedAuthOptions } from '../../config/resolved-options';
import { LimiterKeys } from '../../crypto/limiter-keys.service';
import type { Queryable, Transaction } from '../../database/database.service';
import { limiterIdentity } from '../../users/email-address';
import { MailPauseRepository } from './mail-pause.repository';

/** An address whose mailbox a pause is about. */
export interface PausedAddress {
  readonly tenantId: string;
  /** In canonical form. */
  readonly email: string;
}

/** An address, and the network from which its links are requested. */
export interface PausedNetwork extends PausedAddress {
  /** As PostgreSQL formats a `cidr`. */
  readonly clientNetwork: string;
}

/**
 * Stops mails to a mailbox that a network asks for without a known device, after one of them was
 * reported (docs/reference/owner-or-stranger.md#the-pause).
 */
@Injectable()
export class MailPauses {
  constructor(
    private readonly keys: LimiterKeys,
    private readonly repository: MailPauseRepository,
    @Inject(RESOLVED_OPTIONS) private readonly options: Pick<ResolvedAuthOptions, 'magicLink'>,
  ) {}

  /** Begins a pause, or makes it longer, for one more reported link. */
  begin(paused: PausedNetwork, transaction: Transaction): void {
    this.repository.begin(
      this.keys.of(...mailbox(paused)),
      this.keys.of(...network(paused)),
      this.options.magicLink.reportPauseSeconds,
      transaction,
    );
  }

  /** Whether mails to an address that a network asks for are paused. */
  async isPaused(paused: PausedNetwork, queryable: Queryable): Promise<boolean> {
    const networks = this.keys.candidates(...network(paused));
    return this.repository.isPaused(this.mailboxes(paused), networks, queryable);
  }

  /** Ends all pauses of a mailbox. */
  lift(address: PausedAddress, transaction: Transaction): void {
    this.repository.lift(this.mailboxes(address), transaction);
  }

  /** Ends the pause of a mailbox for one network. */
  liftFor(paused: PausedNetwork, transaction: Transaction): void {
    const networks = this.keys.candidates(...network(paused));
    this.repository.liftFor(this.mailboxes(paused), networks, transaction);
  }

  private mailboxes(address: PausedAddress): string[] {
    return this.keys.candidates(...mailbox(address));
  }
}

function mailbox({ tenantId, email }: PausedAddress): string[] {
  return ['pause', 'mailbox', tenantId, limiterIdentity(email)];
}

function network({ tenantId, email, clientNetwork }: PausedNetwork): string[] {
  return ['pause', 'network', tenantId, limiterIdentity(email), clientNetwork];
}
