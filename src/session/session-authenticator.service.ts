import { Inject, Injectable } from '@nestjs/common';

import { Clock } from '../common/clock';
import { SessionError } from '../common/errors';
import { RESOLVED_OPTIONS, type ResolvedAuthOptions } from '../config/resolved-options';
import type { ClientContext } from '../context/client-context';
import { tokenHash } from '../crypto/token-hash';
import { type CheckedContext, ContextCheck } from './context-check.service';
import type { PresentedSession } from './presented-session';
import type { Principal } from './principal';
import { SessionCache } from './session-cache';
import { type SessionFacts, toPrincipal } from './session-facts';
import { SessionLookup } from './session-lookup.service';
import { SessionRefusals } from './session-refusals.service';
import { SessionRevocationFeed } from './session-revocation-feed.service';
import { SessionTouches } from './session-touches.service';

/** Decides whether a session token speaks for somebody (guide, section 4.1, `validate_session`). */
@Injectable()
export class SessionAuthenticator {
  /** How many sessions were answered for from memory, and how many looked up, since the start. */
  readonly answered = { fromMemory: 0, fromDatabase: 0 };

  constructor(
    private readonly cache: SessionCache,
    private readonly feed: SessionRevocationFeed,
    private readonly sessions: SessionLookup,
    private readonly touches: SessionTouches,
    private readonly contextCheck: ContextCheck,
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
  async authenticate(presented: PresentedSession): Promise<Principal> {
    return toPrincipal(this.recall(presented) ?? (await this.lookUp(presented)));
  }

  /**
   * The session, if memory alone can say that it is valid and presented from where it may be.
   * Anything else is for `lookUp` to find out: what is refused is refused by what the database says.
   */
  recall({
    token,
    context,
  }: Pick<PresentedSession, 'token' | 'context'>): SessionFacts | undefined {
    const lease = this.feed.current();
    if (lease === undefined) return undefined;
    const session = this.cache.get(tokenHash(token));
    if (session === undefined) return undefined;
    const { facts, lastUsedAt } = session;
    const now = lease.databaseTimeAt(this.clock.monotonicMilliseconds());
    if (facts.expiresAt <= now || this.touches.hasIdledOut(lastUsedAt, now)) return undefined;
    const checked = this.checkContext(facts, context);
    if (!checked.allowed || this.isNews(facts, checked)) return undefined;
    this.touches.note(session, now);
    this.answered.fromMemory += 1;
    return facts;
  }

  /**
   * The session as the database has it; memory has it from then on.
   *
   * @throws SessionError `session_invalid`, `session_revoked`, `session_expired` or
   *   `context_mismatch`; UnavailableError (`unavailable`).
   */
  async lookUp(presented: PresentedSession): Promise<SessionFacts> {
    this.answered.fromDatabase += 1;
    const hash = tokenHash(presented.token);
    const find = async () => {
      const { facts, lastUsedAt, now: found } = await this.sessions.find(hash, presented);
      return { session: { facts, lastUsedAt, notedAt: lastUsedAt }, now: found };
    };
    const isKept = this.feed.state === 'held';
    const { session, now } = isKept ? await this.cache.fill(hash, find) : await find();
    await this.judgeContext(session.facts, presented);
    this.touches.note(session, now);
    return session.facts;
  }

  private async judgeContext(facts: SessionFacts, presented: PresentedSession): Promise<void> {
    const verdict = this.checkContext(facts, presented.context);
    if (!verdict.allowed) {
      await this.refusals.record(facts, presented, { reason: 'context_mismatch', verdict });
      throw new SessionError(
        'context_mismatch',
        'This session was opened from another place or device.',
      );
    }
    if (verdict.observed !== undefined) {
      await this.refusals.observe(facts, presented, verdict.observed);
    }
  }

  /** Whether the trail is to hear of what was observed. */
  private isNews(facts: SessionFacts, { observed }: CheckedContext): boolean {
    return observed !== undefined && !this.refusals.isObserved(facts, observed);
  }

  private checkContext(facts: SessionFacts, context: ClientContext): CheckedContext {
    return this.contextCheck.check(this.options.session.contextPolicy, facts, context);
  }
}
