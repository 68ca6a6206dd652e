import { Inject, Injectable } from '@nestjs/common';

import { AuditRecorder } from '../audit/audit-recorder.service';
import type { EventOrigin, ObservedContextDetails } from '../audit/security-event';
import { Subjects } from '../audit/subjects.service';
import { RateLimitError } from '../common/errors';
import { RESOLVED_OPTIONS, type ResolvedAuthOptions } from '../config/resolved-options';
import type { ClientContext } from '../context/client-context';
import { tokenHash } from '../crypto/token-hash';
import { Database } from '../database/database';
import { RateLimiter } from '../rate-limit/rate-limiter';
import { ContextCheck } from '../session/context-check.service';
import { type IssuedSession, SessionIssuer } from '../session/session-issuer.service';
import { UsersService } from '../users/users.service';
import { DEFAULT_TENANT } from './default-tenant';
import {
  linkRefusal,
  type LinkRefusal,
  REDIRECT_NO_LONGER_ALLOWED,
  refusalOf,
} from './link-refusal';
import { MagicLinkLimits } from './magic-link-limits.service';
import { MagicLinkTokens } from './magic-link-tokens.service';
import { type FoundMagicLink, MagicLinkRepository } from './magic-link.repository';
import { isAllowedRedirect } from './redirect-policy';

export interface MagicLinkVerification {
  /** As it was presented. */
  readonly token: string;
  readonly context: ClientContext;
  readonly requestId: string;
  readonly deviceName: string | null;
  readonly rememberDevice: boolean;
  readonly transport: 'bearer' | 'cookie';
}

export interface SignIn {
  readonly userId: string;
  readonly email: string;
  readonly session: IssuedSession;
  readonly redirectTo: string | null;
}

/** A link that may be used, as far as can be said before it is. */
interface Accepted {
  readonly link: FoundMagicLink;
  readonly observed: ObservedContextDetails | undefined;
}

/** Turns links into sessions (guide, section 3.1, `verify_magic_link`). */
@Injectable()
export class MagicLinkVerificationService {
  constructor(
    private readonly database: Database,
    private readonly repository: MagicLinkRepository,
    private readonly tokens: MagicLinkTokens,
    private readonly contextCheck: ContextCheck,
    private readonly limits: MagicLinkLimits,
    @Inject(RateLimiter) private readonly limiter: RateLimiter,
    private readonly users: UsersService,
    private readonly sessions: SessionIssuer,
    private readonly subjects: Subjects,
    private readonly audit: AuditRecorder,
    @Inject(RESOLVED_OPTIONS)
    private readonly options: Pick<ResolvedAuthOptions, 'magicLink' | 'allowedRedirects'>,
  ) {}

  /**
   * Uses a link up and opens its session, in one transaction: at most one session comes of a link,
   * and a refused verification leaves the link as it was.
   *
   * Up to the decision a token that leads nowhere costs what a genuine one costs.
   *
   * @throws TokenError `link_invalid`, `link_used`, `link_expired` or `context_mismatch`, looked at
   *   in this order; AuthError `account_disabled`, `account_locked` or `sign_up_disabled`;
   *   InvalidRequestError (`invalid_request`) when the link's target is no longer on the
   *   allow-list; RateLimitError (`rate_limited`); UnavailableError (`unavailable`).
   */
  async verify(verification: MagicLinkVerification): Promise<SignIn> {
    const hash = tokenHash(verification.token);
    await this.enforceLimits(hash, verification);
    const { link, now } = await this.repository.findByTokenHash(hash, this.database);
    const decided = await this.decide(verification, link, now);
    if ('error' in decided) {
      await this.recordFailure(verification, decided, link);
      throw decided.error;
    }
    try {
      return await this.signIn(verification, decided);
    } catch (error) {
      const refusal = refusalOf(error);
      if (refusal !== undefined) await this.recordFailure(verification, refusal, link);
      throw error;
    }
  }

  private async enforceLimits(hash: string, verification: MagicLinkVerification): Promise<void> {
    const rules = this.limits.forVerification(hash, verification.context.ipAddress);
    const refusal = await this.database.transaction(async (transaction) => {
      const decision = await this.limiter.take(rules, transaction);
      if (decision.allowed) return undefined;
      if (decision.firstRefusal) {
        await this.audit.record(
          [
            {
              type: 'rate_limit.exceeded',
              tenantId: DEFAULT_TENANT,
              details: { limit: 'magic_link_verification' },
            },
          ],
          originOf(verification),
          transaction,
        );
      }
      return new RateLimitError(decision.retryAfterSeconds);
    });
    if (refusal !== undefined) throw refusal;
  }

  private async decide(
    { token, context }: MagicLinkVerification,
    link: FoundMagicLink | undefined,
    now: Date,
  ): Promise<Accepted | LinkRefusal> {
    const genuine = await this.tokens.check(token, link, now);
    // Compared in any case, with itself where there is no link.
    const checked = this.contextCheck.check(
      this.options.magicLink.contextPolicy,
      {
        ipAddress: link?.ip_address ?? context.ipAddress,
        userAgent: link?.user_agent ?? '',
        fingerprintDigest: link?.device_fingerprint ?? null,
        rememberedDevice: link?.from_remembered_device ?? false,
      },
      context,
    );
    if (link === undefined || genuine === undefined) return linkRefusal('link_invalid');
    if (link.is_used || link.superseded_at !== null) return linkRefusal('link_used');
    if (genuine.expired || link.expires_at <= now) return linkRefusal('link_expired');
    if (!checked.allowed) return linkRefusal('context_mismatch', checked.differences);
    if (
      link.redirect_to !== null &&
      !isAllowedRedirect(link.redirect_to, this.options.allowedRedirects)
    ) {
      return REDIRECT_NO_LONGER_ALLOWED;
    }
    return { link, observed: checked.observed };
  }

  private async signIn(
    verification: MagicLinkVerification,
    { link, observed }: Accepted,
  ): Promise<SignIn> {
    const { context, requestId, deviceName, rememberDevice, transport } = verification;
    const { tenant_id: tenantId, email } = link;
    return this.database.transaction(async (transaction) => {
      const now = await this.repository.lockAddress(tenantId, email, transaction);
      if (!(await this.repository.consume(link.id, transaction))) {
        throw linkRefusal('link_used').error;
      }
      const signedIn = await this.users.signIn(
        {
          tenantId,
          email,
          ipAddress: context.ipAddress,
          deviceFingerprint: context.deviceFingerprint,
          rememberDevice,
        },
        transaction,
      );
      await this.repository.assignUser(link.id, signedIn.user.id, transaction);
      await this.repository.supersedeAll(tenantId, email, transaction);
      await this.limits.rememberNetwork(
        { tenantId, email, ipAddress: context.ipAddress },
        transaction,
      );
      const session = await this.sessions.open(
        {
          signedIn,
          subjectId: await this.subjects.ofAddress(tenantId, email, transaction),
          magicLinkId: link.id,
          context,
          requestId,
          deviceName,
          rememberDevice,
          transport,
          observed,
          now,
        },
        transaction,
      );
      return { userId: signedIn.user.id, email, session, redirectTo: link.redirect_to };
    });
  }

  private async recordFailure(
    verification: MagicLinkVerification,
    { reason, differences }: LinkRefusal,
    link: FoundMagicLink | undefined,
  ): Promise<void> {
    await this.database.transaction(async (transaction) => {
      // A token that is not genuine says nothing about whom it is of.
      const about =
        link === undefined || reason === 'link_invalid'
          ? { tenantId: DEFAULT_TENANT }
          : {
              tenantId: link.tenant_id,
              magicLinkId: link.id,
              subjectId: await this.subjects.ofAddress(link.tenant_id, link.email, transaction),
            };
      const details = differences === undefined ? {} : { differences };
      await this.audit.record(
        [{ ...about, type: 'magic_link.failed', reason, details }],
        originOf(verification),
        transaction,
      );
    });
  }
}

function originOf({ context, requestId }: MagicLinkVerification): EventOrigin {
  return { ipAddress: context.ipAddress, userAgent: context.userAgent, requestId };
}
