import { Inject, Injectable } from '@nestjs/common';

import { SessionError } from '../common/errors';
import { RESOLVED_OPTIONS, type ResolvedAuthOptions } from '../config/resolved-options';
import { type BoundContext, ContextDigests } from '../crypto/context-digest.service';
import { constantTimeEqual, tokenHash } from '../crypto/token-hash';
import { hasTokenShape, TokenVerifier } from '../crypto/token-verifier.service';
import { Database } from '../database/database';
import { ContextCheck } from './context-check.service';
import type { PresentedSession } from './presented-session';
import type { Principal } from './principal';
import { SessionRefusals } from './session-refusals.service';
import { SessionRepository, type SessionWithUserRow } from './session.repository';
import { toPrincipal } from './session-facts';

/** How long a session may be used before that is noted again, so that reading does not write. */
const TOUCH_GRACE_SECONDS = 60;

/** Shares of the idle time-out after which a use is noted: idling is measured to within one. */
const TOUCHES_PER_IDLE_TIMEOUT = 10;

/** Decides whether a session token speaks for somebody (guide, section 4.1, `validate_session`). */
@Injectable()
export class SessionAuthenticator {
  private readonly touchGraceSeconds: number;

  constructor(
    private readonly database: Database,
    private readonly repository: SessionRepository,
    private readonly verifier: TokenVerifier,
    private readonly digests: ContextDigests,
    private readonly contextCheck: ContextCheck,
    private readonly refusals: SessionRefusals,
    @Inject(RESOLVED_OPTIONS) private readonly options: Pick<ResolvedAuthOptions, 'session'>,
  ) {
    const idle = options.session.idleTimeoutSeconds;
    this.touchGraceSeconds =
      idle === 0
        ? TOUCH_GRACE_SECONDS
        : Math.min(TOUCH_GRACE_SECONDS, idle / TOUCHES_PER_IDLE_TIMEOUT);
  }

  /**
   * Validates a session and the context it is presented from.
   *
   * @throws SessionError `session_invalid`, `session_revoked`, `session_expired` or
   *   `context_mismatch`; UnavailableError (`unavailable`).
   */
  async authenticate(presented: PresentedSession): Promise<Principal> {
    const row = hasTokenShape(presented.token)
      ? await this.repository.findByTokenHash(tokenHash(presented.token), this.database)
      : undefined;
    const token = row && (await this.verifier.verify('session', presented.token, row.now));
    if (
      row === undefined ||
      token?.claims.id !== row.id ||
      !this.isBound(row, token.claims.context)
    ) {
      throw new SessionError('session_invalid', 'This session is not valid.');
    }
    if (!row.is_active || !row.user_may_act) {
      await this.refusals.record(row, presented, { reason: 'session_revoked' });
      throw new SessionError('session_revoked', 'This session has ended.');
    }
    if (token.expired || row.expires_at <= row.now || this.hasIdledOut(row)) {
      await this.refusals.record(row, presented, { reason: 'session_expired' });
      throw new SessionError('session_expired', 'This session has expired.');
    }
    await this.checkContext(row, presented);
    if (row.now.getTime() - row.last_accessed_at.getTime() >= this.touchGraceSeconds * 1_000) {
      await this.repository.touch(row.id, this.touchGraceSeconds, this.database);
    }
    return toPrincipal(row);
  }

  /** Whether the row still holds the context that the token was signed for. */
  private isBound(row: SessionWithUserRow, contextClaim: string): boolean {
    return constantTimeEqual(contextClaim, this.digests.claim(row.key_id, boundContext(row)));
  }

  private hasIdledOut(row: SessionWithUserRow): boolean {
    const { idleTimeoutSeconds } = this.options.session;
    const idleMilliseconds = row.now.getTime() - row.last_accessed_at.getTime();
    return idleTimeoutSeconds > 0 && idleMilliseconds >= idleTimeoutSeconds * 1_000;
  }

  private async checkContext(row: SessionWithUserRow, presented: PresentedSession): Promise<void> {
    const checked = this.contextCheck.check(
      this.options.session.contextPolicy,
      { ...boundContext(row), rememberedDevice: row.remember_device },
      presented.context,
    );
    if (!checked.allowed) {
      await this.refusals.record(row, presented, { reason: 'context_mismatch', verdict: checked });
      throw new SessionError(
        'context_mismatch',
        'This session was opened from another place or device.',
      );
    }
    if (checked.observed !== undefined) {
      await this.refusals.observe(row, presented, checked.observed);
    }
  }
}

function boundContext(row: SessionWithUserRow): BoundContext {
  return {
    ipAddress: row.ip_address,
    userAgent: row.user_agent,
    fingerprintDigest: row.device_fingerprint,
  };
}
