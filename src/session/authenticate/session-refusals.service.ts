import { Inject, Injectable } from '@nestjs/common';

import { AuditRecorder } from '../../audit/audit-recorder.service';
import type { SessionRefusalReason } from '../../audit/security-event';
import { Clock } from '../../common/clock';
import type { ObservedContextDetails } from '../../context/context-policy';
import type { ContextVerdict } from '../../context/context-policy';
import { requestInfo } from '../../context/request-context';
import { KeyRing } from '../../crypto/key-ring.service';
import { LimiterKeys } from '../../crypto/limiter-keys.service';
import { Database, type Transaction } from '../../database/database.service';
import { MailOutbox } from '../../mail/outbox/mail-outbox.service';
import { type LimitRule, RateLimiter } from '../../rate-limit/rate-limiter';
import { SESSION_ENDED_MAIL } from '../issue/session-mail.composer';
import type { CachedSession } from '../memory/cached-session';
import { SessionEndingRepository } from '../session-ending.repository';
import { AuditThrottle } from './audit-throttle';
import type { SessionPresentation } from './session-presentation';

/**
 * 5 mismatches within 10 minutes that are more than a change of network end a session
 * (docs/reference/security.md#context-policy): so many are borne, and the next one ends it.
 */
const MAX_MISMATCHES = 4;
const MISMATCH_WINDOW_SECONDS = 600;

/**
 * Events that one session causes in ten minutes for each reason. A guarded route is not limited,
 * so that without a bound whoever holds a dead token could fill the trail.
 */
const RECORDED_REFUSALS = 10;
const RECORDED_OBSERVATIONS = 1;

type RefusedSession = Pick<CachedSession, 'id' | 'userId' | 'tenantId'>;

/** Why a session was refused, and with a context's verdict where that was the reason. */
export interface SessionRefusal {
  readonly reason: SessionRefusalReason;
  readonly verdict?: ContextVerdict;
}

/** Records what was refused of genuine sessions, and ends those that are plainly in other hands. */
@Injectable()
export class SessionRefusals {
  private readonly throttle: AuditThrottle;

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
    this.throttle = new AuditThrottle(clock);
  }

  /** Records a refusal; ends the session when mismatches have repeated. */
  async handleRefusal(
    session: RefusedSession,
    presented: SessionPresentation,
    { reason, verdict }: SessionRefusal,
  ): Promise<void> {
    const isCounted = verdict !== undefined && !verdict.onlyNetwork;
    if (!isCounted && this.throttle.isSuppressed(throttleKey(session, reason))) return;
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
          requestInfo(presented),
          transaction,
        );
      }
      if (isCounted) await this.countMismatch(session, presented, transaction);
    });
  }

  /** Records, under `observe`, what the stricter policies would have said. */
  async recordObservation(
    session: RefusedSession,
    presented: SessionPresentation,
    details: ObservedContextDetails,
  ): Promise<void> {
    const what = observed(details);
    if (this.isObserved(session, details)) return;
    const isRecorded = await this.database.transaction(async (transaction) => {
      if (!(await this.mayRecord(session, what, RECORDED_OBSERVATIONS, transaction))) return false;
      await this.audit.record(
        [{ ...aboutSession(session), type: 'session.context_observed', details }],
        requestInfo(presented),
        transaction,
      );
      return true;
    });
    if (isRecorded) this.throttle.suppress(throttleKey(session, what), MISMATCH_WINDOW_SECONDS);
  }

  /** Whether this process knows that `observe` would record nothing now. */
  isObserved(session: RefusedSession, details: ObservedContextDetails): boolean {
    return this.throttle.isSuppressed(throttleKey(session, observed(details)));
  }

  private async countMismatch(
    session: RefusedSession,
    presented: SessionPresentation,
    transaction: Transaction,
  ): Promise<void> {
    const key = this.limiterKeys.of('session-mismatch', session.id);
    const borne = await this.limiter.take([rule(key, MAX_MISMATCHES)], transaction);
    if (borne.allowed) return;
    const reason = 'context_mismatch';
    const ended = await this.endings.revoke(session, reason, 0, transaction);
    if (ended) {
      const [eventId] = await this.audit.record(
        [{ ...aboutSession(session), type: 'session.revoked', reason, details: {} }],
        requestInfo(presented),
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
    if (this.throttle.isSuppressed(throttleKey(session, what))) return false;
    const key = this.limiterKeys.of('session-refusal', session.id, what);
    const decision = await this.limiter.take([rule(key, most)], transaction);
    if (!decision.allowed)
      this.throttle.suppress(throttleKey(session, what), decision.retryAfterSeconds);
    return decision.allowed;
  }
}

function rule(key: string, limit: number): LimitRule {
  return { key, limit, windowSeconds: MISMATCH_WINDOW_SECONDS };
}

function observed({ differences }: ObservedContextDetails): string {
  return `observed ${differences.join(' ')}`;
}

function throttleKey(session: RefusedSession, what: string): string {
  return `${session.id} ${what}`;
}

function aboutSession(session: RefusedSession): {
  tenantId: string;
  userId: string;
  sessionId: string;
} {
  return { tenantId: session.tenantId, userId: session.userId, sessionId: session.id };
}
