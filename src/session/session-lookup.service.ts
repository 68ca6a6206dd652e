import { Injectable } from '@nestjs/common';

import { SessionError } from '../common/errors';
import { ContextDigests } from '../crypto/context-digest.service';
import { constantTimeEqual } from '../crypto/token-hash';
import { hasTokenShape, TokenVerifier, type VerifiedToken } from '../crypto/token-verifier.service';
import { Database } from '../database/database';
import type { PresentedSession } from './presented-session';
import { type SessionFacts, toSessionFacts } from './session-facts';
import { SessionRefusals } from './session-refusals.service';
import { SessionTouches } from './session-touches.service';
import type { SessionWithUserRow } from './session-with-user-row';
import { SessionRepository } from './session.repository';

/** A session that was found valid. Times are Unix milliseconds by the database's clock. */
export interface FoundSession {
  readonly facts: SessionFacts;
  /** When it was used before. */
  readonly lastUsedAt: number;
  /** When it was found. */
  readonly now: number;
}

/** Finds sessions in the database: one indexed join and a signature check. */
@Injectable()
export class SessionLookup {
  constructor(
    private readonly database: Database,
    private readonly repository: SessionRepository,
    private readonly verifier: TokenVerifier,
    private readonly digests: ContextDigests,
    private readonly refusals: SessionRefusals,
    private readonly touches: SessionTouches,
  ) {}

  /**
   * The session of a token, valid now; the context that it is presented from is not looked at.
   *
   * @param hash the token's.
   * @throws SessionError `session_invalid`, `session_revoked` or `session_expired`;
   *   UnavailableError (`unavailable`).
   */
  async find(hash: string, presented: PresentedSession): Promise<FoundSession> {
    const row = hasTokenShape(presented.token)
      ? await this.repository.findByTokenHash(hash, this.database)
      : undefined;
    const token = row && (await this.verifier.verify('session', presented.token, row.now));
    if (row === undefined || token === undefined || !this.isBound(row, token)) {
      throw new SessionError('session_invalid', 'This session is not valid.');
    }
    const facts = toSessionFacts(row, token.claims.expiresAt * 1_000);
    if (!row.is_active || !row.user_may_act) {
      await this.refusals.record(facts, presented, { reason: 'session_revoked' });
      throw new SessionError('session_revoked', 'This session has ended.');
    }
    const now = row.now.getTime();
    const lastUsedAt = Math.max(facts.lastAccessedAt, this.touches.noted(facts.id) ?? 0);
    if (token.expired || facts.expiresAt <= now || this.touches.hasIdledOut(lastUsedAt, now)) {
      await this.refusals.record(facts, presented, { reason: 'session_expired' });
      throw new SessionError('session_expired', 'This session has expired.');
    }
    return { facts, lastUsedAt, now };
  }

  /** Whether the token is of this row, and the row still holds the context that it was signed for. */
  private isBound(row: SessionWithUserRow, { claims }: VerifiedToken): boolean {
    const context = this.digests.claim(row.key_id, {
      ipAddress: row.ip_address,
      userAgent: row.user_agent,
      fingerprintDigest: row.device_fingerprint,
    });
    return claims.id === row.id && constantTimeEqual(claims.context, context);
  }
}
