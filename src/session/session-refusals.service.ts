import { Inject, Injectable } from '@nestjs/common';

import { AuditRecorder } from '../audit/audit-recorder.service';
import type { ObservedContextDetails, SessionRefusalReason } from '../audit/security-event';
import { Clock } from '../common/clock';
import type { ContextVerdict } from '../context/context-policy';
import { KeyRing } from '../crypto/key-ring';
import { LimiterKeys } from '../crypto/limiter-keys.service';
import { Database, type Transaction } from '../database/database';
import { MailOutbox } from '../mail/mail-outbox.service';
import { type LimitRule, RateLimiter } from '../rate-limit/rate-limiter';
import { eventOrigin } from './event-origin';
import type { PresentedSession } from './presented-session';
import { RecordingPauses } from './recording-pauses';
import { SESSION_ENDED_MAIL } from './session-mail.composer';
import { SessionEndingRepository } from './session-ending.repository';
import type { SessionFacts } from './session-facts';

/**
 * "Mismatches … (5 within 10 minutes that are more than a change of network end it)", security
 * rules, "Context policy": so many are borne, and the next one ends the session.
 */
const BORNE_MISMATCHES = 4;
const MISMATCH_WINDOW_SECONDS = 600;

/**
 * Events that one session causes in ten minutes for each reason. A guarded route is not limited,
 * so that without a bound whoever holds a dead token could fill the trail.
 */
const RECORDED_REFUSALS = 10;
const RECORDED_OBSERVATIONS = 1;

type RefusedSession = Pick<SessionFacts, 'id' | 'userId' | 'tenantId'>;

/** Why a session was refused, and with a context's verdict where that was the reason. */
export interface SessionRefusal {
  readonly reason: SessionRefusalReason;
  readonly verdict?: ContextVerdict;
}

/** Records what was refused of genuine sessions, and ends those that are plainly in other hands. */
@Injectable()
export class SessionRefusals {
  private readonly pauses: RecordingPauses;

  constructor(
    private readonly database: Database,
    private readonly endings: SessionEndingRepository,
    private readonly audit: AuditRecorder,
    private readonly limiterKeys: LimiterKeys,
    private readonly keyRing: KeyRing,
    private readonly outbox: MailOutbox,
    @Inject(RateLimiter) private readonly limiter: RateLimiter,
    @Inject(Clock) clock: Clock,
  ) {
    this.pauses = new RecordingPauses(clock);
  }

  /** Records a refusal; ends the session when mismatches have repeated. */
  async record(
    session: RefusedSession,
    presented: PresentedSession,
    { reason, verdict }: SessionRefusal,
  ): Promise<void> {
    const isCounted = verdict !== undefined && !verdict.onlyNetwork;
    if (!isCounted && this.pauses.isOn(pauseKey(session, reason))) return;
    await this.database.transaction(async (transaction) => {
      if (await this.mayRecord(session, reason, RECORDED_REFUSALS, transaction)) {
        await this.audit.record(
          [
            {
              ...aboutSession(session),
              type: 'session.refused',
              reason,
              details: verdict === undefined ? {} : { differences: verdict.differences },
            },
          ],
          eventOrigin(presented),
          transaction,
        );
      }
      if (isCounted) {
        await this.countMismatch(session, presented, transaction);
      }
    });
  }

  /** Records, under `observe`, what the stricter policies would have said. */
  async observe(
    session: RefusedSession,
    presented: PresentedSession,
    details: ObservedContextDetails,
  ): Promise<void> {
    const what = observed(details);
    if (this.isObserved(session, details)) return;
    const isRecorded = await this.database.transaction(async (transaction) => {
      if (!(await this.mayRecord(session, what, RECORDED_OBSERVATIONS, transaction))) return false;
      await this.audit.record(
        [{ ...aboutSession(session), type: 'session.context_observed', details }],
        eventOrigin(presented),
        transaction,
      );
      return true;
    });
    if (isRecorded) this.pauses.begin(pauseKey(session, what), MISMATCH_WINDOW_SECONDS);
  }

  /** Whether this process knows that `observe` would record nothing now. */
  isObserved(session: RefusedSession, details: ObservedContextDetails): boolean {
    return this.pauses.isOn(pauseKey(session, observed(details)));
  }

  private async countMismatch(
    session: RefusedSession,
    presented: PresentedSession,
    transaction: Transaction,
  ): Promise<void> {
    const key = this.limiterKeys.of('session-mismatch', session.id);
    const borne = await this.limiter.take([rule(key, BORNE_MISMATCHES)], transaction);
    if (borne.allowed) return;
    const reason = 'context_mismatch';
    const ended = await this.endings.revoke(session, reason, 0, transaction);
    if (ended) {
      const [eventId] = await this.audit.record(
        [{ ...aboutSession(session), type: 'session.revoked', reason, details: {} }],
        eventOrigin(presented),
        transaction,
      );
      if (eventId === undefined) return;
      await this.outbox.enqueue(
        {
          kind: SESSION_ENDED_MAIL,
          userId: session.userId,
          eventId,
          keyId: this.keyRing.current.id,
        },
        transaction,
      );
    }
  }

  private async mayRecord(
    session: RefusedSession,
    what: string,
    most: number,
    transaction: Transaction,
  ): Promise<boolean> {
    if (this.pauses.isOn(pauseKey(session, what))) return false;
    const key = this.limiterKeys.of('session-refusal', session.id, what);
    const decision = await this.limiter.take([rule(key, most)], transaction);
    if (!decision.allowed) this.pauses.begin(pauseKey(session, what), decision.retryAfterSeconds);
    return decision.allowed;
  }
}

function rule(key: string, limit: number): LimitRule {
  return { key, limit, windowSeconds: MISMATCH_WINDOW_SECONDS };
}

function observed({ differences }: ObservedContextDetails): string {
  return `observed ${differences.join(' ')}`;
}

function pauseKey(session: RefusedSession, what: string): string {
  return `${session.id} ${what}`;
}

function aboutSession(session: RefusedSession): {
  tenantId: string;
  userId: string;
  sessionId: string;
} {
  return { tenantId: session.tenantId, userId: session.userId, sessionId: session.id };
}
