import { Inject, Injectable } from '@nestjs/common';

import { Clock } from '../../common/clock';
import { SessionError } from '../../common/errors';
import { RESOLVED_OPTIONS, type ResolvedAuthOptions } from '../../config/resolved-options';
import type { ClientContext } from '../../context/client-context';
import { ContextDigests } from '../../context/context-digests.service';
import { type ContextEvaluation, ContextPolicyService } from '../../context/context-policy.service';
import { constantTimeEqual, tokenHash } from '../../crypto/token-hash';
import {
  hasTokenShape,
  TokenVerifier,
  type VerifiedToken,
} from '../../crypto/token-verifier.service';
import { Database } from '../../database/database.service';
import { type CachedSession, toCachedSession, toPrincipal } from '../memory/cached-session';
import { LastUse } from '../memory/last-use.service';
import { SessionCache, type SessionCacheEntry } from '../memory/session-cache.service';
import { SessionRevocationFeed } from '../memory/session-revocation-feed.service';
import type { Principal } from '../principal';
import { SessionRepository, type SessionWithUserRow } from '../session.repository';
import type { SessionPresentation } from './session-presentation';
import { SessionRefusals } from './session-refusals.service';

/** A session that was just read. */
interface FreshSession {
  readonly entry: SessionCacheEntry;
  /** When it was read: Unix milliseconds by the database's clock. */
  readonly now: number;
}

/** Decides whether a session token authenticates a user (docs/guide.md, section 4.1). */
@Injectable()
export class SessionAuthenticator {
  /** How many sessions memory accepted, and how many were looked up, since the process started. */
  readonly answered = { fromMemory: 0, fromDatabase: 0 };

  constructor(
    private readonly cache: SessionCache,
    private readonly feed: SessionRevocationFeed,
    private readonly database: Database,
    private readonly repository: SessionRepository,
    private readonly verifier: TokenVerifier,
    private readonly digests: ContextDigests,
    private readonly lastUse: LastUse,
    private readonly contextPolicy: ContextPolicyService,
    private readonly refusals: SessionRefusals,
    @Inject(Clock) private readonly clock: Clock,
    @Inject(RESOLVED_OPTIONS) private readonly options: Pick<ResolvedAuthOptions, 'session'>,
  ) {}

  /**
   * Validates a session and the context it is presented from.
   *
   * @throws SessionError `session_invalid`, `session_revoked`, `session_expired` or
   *   `context_mismatch`; UnavailableError (`unavailable`).
   */
  async authenticate(presented: SessionPresentation): Promise<Principal> {
    const session = this.recall(presented) ?? (await this.lookUp(presented));
    return toPrincipal(session, presented.context);
  }

  /**
   * Validates a session and its context from memory alone. Memory can accept a session and never
   * refuse one: if this returns `undefined`, call `lookUp`.
   *
   * @returns `undefined` when memory cannot accept the session.
   */
  recall({
    token,
    context,
  }: Pick<SessionPresentation, 'token' | 'context'>): CachedSession | undefined {
    const lease = this.feed.current();
    if (lease === undefined) return undefined;
    const entry = this.cache.get(tokenHash(token));
    if (entry === undefined) return undefined;
    const { session, lastUsedAt } = entry;
    const now = lease.databaseTimeAt(this.clock.monotonicMilliseconds());
    if (session.expiresAt <= now || this.lastUse.hasIdledOut(lastUsedAt, now)) return undefined;
    const evaluation = this.evaluateContext(session, context);
    if (!evaluation.allowed || this.mustRecord(session, evaluation)) return undefined;
    this.lastUse.record(entry, context, now);
    this.answered.fromMemory += 1;
    return session;
  }

  /**
   * Validates a session and its context in the database. If this process holds a lease, it keeps
   * the session in memory afterwards.
   *
   * @throws SessionError `session_invalid`, `session_revoked`, `session_expired` or
   *   `context_mismatch`; UnavailableError (`unavailable`).
   */
  async lookUp(presented: SessionPresentation): Promise<CachedSession> {
    this.answered.fromDatabase += 1;
    const hash = tokenHash(presented.token);
    const read = (): Promise<FreshSession> => this.read(hash, presented);
    const mayCache = this.feed.state === 'held';
    const { entry, now } = mayCache ? await this.cache.fill(hash, read) : await read();
    await this.refuseContextMismatch(entry.session, presented);
    this.lastUse.record(entry, presented.context, now);
    return entry.session;
  }

  /**
   * Reads the session of a token with one indexed join and a signature check, and refuses it when
   * it is not valid now. Does not check the context that it is presented from.
   *
   * @throws SessionError `session_invalid`, `session_revoked` or `session_expired`;
   *   UnavailableError (`unavailable`).
   */
  private async read(hash: string, presented: SessionPresentation): Promise<FreshSession> {
    const row = hasTokenShape(presented.token)
      ? await this.repository.findByTokenHash(hash, this.database)
      : undefined;
    const token = row && (await this.verifier.verify('session', presented.token, row.now));
    if (row === undefined || token === undefined || !this.isBound(row, token)) {
      throw new SessionError('session_invalid', 'This session is not valid.');
    }

    const session = toCachedSession(row, token.claims.expiresAt * 1_000);
    if (!row.is_active || !row.user_may_act) {
      await this.refusals.handleRefusal(session, presented, { reason: 'session_revoked' });
      throw new SessionError('session_revoked', 'This session has ended.');
    }
    const now = row.now.getTime();
    // Of this process: the row may not have it yet.
    const recorded = this.lastUse.recorded(session.id);
    const lastUsedAt = Math.max(session.lastAccessedAt, recorded?.at ?? 0);
    if (token.expired || session.expiresAt <= now || this.lastUse.hasIdledOut(lastUsedAt, now)) {
      await this.refusals.handleRefusal(session, presented, { reason: 'session_expired' });
      throw new SessionError('session_expired', 'This session has expired.');
    }
    const entry = {
      session,
      lastUsedAt,
      recordedAt: lastUsedAt,
      recordedIpAddress: recorded?.ipAddress ?? row.last_ip_address ?? row.ip_address,
      recordedUserAgent: recorded?.userAgent ?? row.last_user_agent ?? row.user_agent,
    };
    return { entry, now };
  }

  /** Whether the token belongs to this row and was signed for the context that the row holds. */
  private isBound(row: SessionWithUserRow, { claims }: VerifiedToken): boolean {
    const context = this.digests.claim(row.key_id, {
      ipAddress: row.ip_address,
      userAgent: row.user_agent,
      fingerprintDigest: row.device_fingerprint,
    });
    return claims.id === row.id && constantTimeEqual(claims.context, context);
  }

  /** @throws SessionError `context_mismatch`. */
  private async refuseContextMismatch(
    session: CachedSession,
    presented: SessionPresentation,
  ): Promise<void> {
    const evaluation = this.evaluateContext(session, presented.context);
    if (!evaluation.allowed) {
      await this.refusals.handleRefusal(session, presented, {
        reason: 'context_mismatch',
        evaluation,
      });
      throw new SessionError(
        'context_mismatch',
        'This session was opened from another place or device.',
      );
    }
    if (evaluation.observed !== undefined) {
      await this.refusals.recordObservation(session, presented, evaluation.observed);
    }
  }

  /** Whether `observe` found a difference that this process has not recorded recently. */
  private mustRecord(session: CachedSession, { observed }: ContextEvaluation): boolean {
    return observed !== undefined && !this.refusals.isObserved(session, observed);
  }

  private evaluateContext(session: CachedSession, context: ClientContext): ContextEvaluation {
    return this.contextPolicy.evaluate(this.options.session.contextPolicy, session, context);
  }
}
