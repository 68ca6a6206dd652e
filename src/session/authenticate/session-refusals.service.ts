import { Inject, Injectable } from '@nestjs/common';

import { AuditRecorder } from '../../audit/audit-recorder.service';
import type { SessionRefusalReason } from '../../audit/security-event';
import { Clock } from '../../common/clock';
import { RESOLVED_OPTIONS, type ResolvedAuthOptions } from '../../config/resolved-options';
import type { ContextVerdict, ObservedContextDetails } from '../../context/context-policy';
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

/** Within what time events about one session are counted. */
const RECORD_WINDOW_SECONDS = 600;

/**
 * The most events that are recorded per session and kind within ten minutes. Guarded routes have no
 * rate limit: without this bound anybody with a dead token could fill the audit trail.
 */
const MAX_RECORDED_REFUSALS = 10;
const MAX_RECORDED_OBSERVATIONS = 1;

type RefusedSession = Pick<CachedSession, 'id' | 'userId' | 'tenantId'>;

/** Why a session was refused, with the evaluation of its context where that was the reason. */
export interface SessionRefusal {
  readonly reason: SessionRefusalReason;
  readonly evaluation?: ContextVerdict;
}

/** Records refusals of genuine sessions, and ends sessions that somebody else seems to hold. */
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
    @Inject(RESOLVED_OPTIONS) private readonly options: Pick<ResolvedAuthOptions, 'session'>,
  ) {
    this.throttle = new AuditThrottle(clock);
  }

  /** Records a refusal, and ends the session after repeated suspicious mismatches. */
  async handleRefusal(
    session: RefusedSession,
    presented: SessionPresentation,
    { reason, evaluation }: SessionRefusal,
  ): Promise<void> {
    const isCounted = evaluation?.isSuspicious === true;
    if (!isCounted && this.throttle.isSuppressed(throttleKey(session, reason))) return;
    await this.database.transaction(async (transaction) => {
      if (await this.mayRecord(session, reason, MAX_RECORDED_REFUSALS, transaction)) {
        await this.audit.record(
          [
            {
              ...aboutSession(session),
              type: 'session.refused',
              reason,
              details: evaluation === undefined ? {} : { differences: evaluation.differences },
            },
          ],
          requestInfo(presented),
          transaction,
        );
      }
      if (isCounted) await this.countMismatch(session, presented, transaction);
    });
  }

  /** Records, under `observe`, what the stricter policies would have decided. */
  async recordObservation(
    session: RefusedSession,
    presented: SessionPresentation,
    details: ObservedContextDetails,
  ): Promise<void> {
    const kind = observationKind(details);
    if (this.isObserved(session, details)) return;
    const isRecorded = await this.database.transaction(async (transaction) => {
      if (!(await this.mayRecord(session, kind, MAX_RECORDED_OBSERVATIONS, transaction))) {
        return false;
      }

      await this.audit.record(
        [{ ...aboutSession(session), type: 'session.context_observed', details }],
        requestInfo(presented),
        transaction,
      );
      return true;
    });
    if (isRecorded) this.throttle.suppress(throttleKey(session, kind), RECORD_WINDOW_SECONDS);
  }

  /** Whether this process knows that the observation is recorded already. */
  isObserved(session: RefusedSession, details: ObservedContextDetails): boolean {
    return this.throttle.isSuppressed(throttleKey(session, observationKind(details)));
  }

  private async countMismatch(
    session: RefusedSession,
    presented: SessionPresentation,
    transaction: Transaction,
  ): Promise<void> {
    if (!(await this.isOneTooMany(session, transaction))) return;
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

  /** Counts a suspicious mismatch, and says whether the session ends with it. */
  private async isOneTooMany(session: RefusedSession, transaction: Transaction): Promise<boolean> {
    const { limit, windowSeconds } = this.options.session.mismatchLimit;
    // A rule without a limit allows everything: `0` turns this off, and `1` tolerates none.
    if (limit <= 1) return limit === 1;
    const key = this.limiterKeys.of('session-mismatch', session.id);
    const decision = await this.limiter.take(
      [{ key, limit: limit - 1, windowSeconds }],
      transaction,
    );
    return !decision.allowed;
  }

  private async mayRecord(
    session: RefusedSession,
    kind: string,
    limit: number,
    transaction: Transaction,
  ): Promise<boolean> {
    if (this.throttle.isSuppressed(throttleKey(session, kind))) return false;
    const key = this.limiterKeys.of('session-refusal', session.id, kind);
    const decision = await this.limiter.take([rule(key, limit)], transaction);
    if (!decision.allowed) {
      this.throttle.suppress(throttleKey(session, kind), decision.retryAfterSeconds);
    }
    return decision.allowed;
  }
}

function rule(key: string, limit: number): LimitRule {
  return { key, limit, windowSeconds: RECORD_WINDOW_SECONDS };
}

function observationKind({ differences }: ObservedContextDetails): string {
  return `observed ${differences.join(' ')}`;
}

/** @param kind the reason of a refusal, or the kind of an observation. */
function throttleKey(session: RefusedSession, kind: string): string {
  return `${session.id} ${kind}`;
}

function aboutSession(session: RefusedSession): {
  tenantId: string;
  userId: string;
  sessionId: string;
} {
  return { tenantId: session.tenantId, userId: session.userId, sessionId: session.id };
}
