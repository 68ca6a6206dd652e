import { Inject, Injectable, Logger } from '@nestjs/common';

import { AuditRecorder } from '../../audit/audit-recorder.service';
import { DEFAULT_TENANT } from '../../common/default-tenant';
import { errorName } from '../../common/loggable-error';
import { withDeadline } from '../../common/with-deadline';
import { NO_REQUEST } from '../../context/request-context';
import { Database, type Transaction } from '../../database/database.service';
import { Mailer, MailError, PermanentMailError, TransientMailError } from '../mailer';
import { MailComposers } from './mail-composers.service';
import type { MailOutboxEntity } from './mail-outbox.entity';
import { MailOutboxRepository } from './mail-outbox.repository';
import { MailWorkerSettings, retryDelay } from './mail-worker-settings';

/** Makes one attempt at one claimed mail, and records what came of it. */
@Injectable()
export class MailDelivery {
  private readonly logger = new Logger('Mail');

  constructor(
    private readonly database: Database,
    private readonly repository: MailOutboxRepository,
    private readonly composers: MailComposers,
    @Inject(Mailer) private readonly mailer: Mailer,
    @Inject(MailWorkerSettings) private readonly settings: MailWorkerSettings,
    private readonly audit: AuditRecorder,
  ) {}

  /**
   * Composes, sends and records. It never throws: a mail whose outcome could not be recorded is
   * taken over when its lease has run out.
   *
   * @param stopping aborts when the worker cannot wait any longer.
   * @returns milliseconds after which the mail is due again, or `undefined` when it is settled.
   */
  async attempt(row: MailOutboxEntity, stopping: AbortSignal): Promise<number | undefined> {
    try {
      return await this.composeAndSend(row, stopping);
    } catch (error) {
      this.logger.error({
        message: 'The outcome of a mail could not be recorded',
        mail_id: row.id,
        kind: row.kind,
        error: errorName(error),
      });
      return undefined;
    }
  }

  private async composeAndSend(
    row: MailOutboxEntity,
    stopping: AbortSignal,
  ): Promise<number | undefined> {
    let expiresAt: Date | undefined;
    try {
      const obsolete = await withDeadline(
        {
          milliseconds: this.settings.attemptTimeoutMilliseconds,
          tooLate: () => new TransientMailError('timeout'),
          stop: { signal: stopping, stopped: () => new TransientMailError('aborted') },
        },
        async (signal) => {
          const composed = await this.compose(row);
          if (composed.outcome !== 'send') return composed.outcome;
          expiresAt = composed.expiresAt;
          // Once nobody waits any longer, the attempt counts as failed: nothing may be sent.
          signal.throwIfAborted();
          await this.mailer.send({ ...composed.mail, id: row.id }, signal);
          return undefined;
        },
      );
      if (obsolete !== undefined) {
        await this.repository.markObsolete(row, obsolete);
        return undefined;
      }
    } catch (error) {
      if (stopping.aborted) {
        await this.repository.release(row);
        return undefined;
      }
      const failure = error instanceof MailError ? error.failure : 'error';
      if (error instanceof PermanentMailError) {
        await this.giveUp(row, failure);
        return undefined;
      }
      return await this.retryLater(row, failure, expiresAt);
    }
    await this.repository.markSent(row);
    return undefined;
  }

  private async compose(row: MailOutboxEntity) {
    try {
      return await this.composers.compose(row);
    } catch {
      throw new TransientMailError('compose');
    }
  }

  private async retryLater(
    row: MailOutboxEntity,
    failure: string,
    expiresAt: Date | undefined,
  ): Promise<number | undefined> {
    const retryInMilliseconds = retryDelay(row.attempts, this.settings);
    const { lifetimeMilliseconds } = this.settings;
    const again = await this.repository.markFailed(row, {
      failure,
      retryInMilliseconds,
      expiresAt,
      lifetimeMilliseconds,
    });
    this.logger.warn({
      message: again ? 'A mail was not sent and is tried again' : 'A mail was not sent in time',
      mail_id: row.id,
      kind: row.kind,
      attempts: row.attempts,
      failure,
    });
    return again ? retryInMilliseconds : undefined;
  }

  /** In the transaction that marks the mail as dead: both are there, or neither. */
  private async recordRefusal(
    row: MailOutboxEntity,
    failure: string,
    transaction: Transaction,
  ): Promise<void> {
    await this.audit.record(
      [
        {
          type: 'mail.refused',
          tenantId: DEFAULT_TENANT,
          ...(row.magic_link_id === null ? {} : { magicLinkId: row.magic_link_id }),
          ...(row.user_id === null ? {} : { userId: row.user_id }),
          details: { kind: row.kind, failure },
        },
      ],
      NO_REQUEST,
      transaction,
    );
  }

  private async giveUp(row: MailOutboxEntity, failure: string): Promise<void> {
    await this.database.transaction(async (transaction) => {
      const died = await this.repository.markDead(row, failure, transaction);
      if (died) await this.recordRefusal(row, failure, transaction);
    });
    this.logger.warn({
      message: 'A mail was refused for good',
      mail_id: row.id,
      kind: row.kind,
      attempts: row.attempts,
      failure,
    });
  }
}
