import { Inject, Injectable } from '@nestjs/common';

import { AuditRecorder } from '../../audit/audit-recorder.service';
import { AuditSubjects } from '../../audit/audit-subjects.service';
import { RateLimitError } from '../../common/errors';
import { ContextDigests } from '../../context/context-digests.service';
import { presentedSecrets } from '../../context/device/presented-device';
import { requestInfo } from '../../context/request-context';
import { KeyRing } from '../../crypto/key-ring.service';
import { oneTimeCode } from '../../crypto/one-time-code';
import { constantTimeEqual } from '../../crypto/token-hash';
import { Database, type Transaction } from '../../database/database.service';
import { RateLimiter } from '../../rate-limit/rate-limiter';
import { CodeLockoutRepository } from '../code-lockout.repository';
import { linkDeviceOwner } from '../link-context';
import {
  accepted,
  codeRefusal,
  type LinkRefusal,
  type Outcome,
  refused,
  valueOf,
} from '../link-refusal';
import { MagicLinkRepository } from '../magic-link.repository';
import { MagicLinkLimits, TRIES_PER_CODE } from '../magic-link-limits.service';
import { type FoundMagicLink, MagicLinkLookupRepository } from '../magic-link-lookup.repository';
import { LinkAttempts } from '../verify/link-attempts.service';
import { LinkSignIn } from '../verify/link-sign-in.service';
import { MagicLinkValidator, type ValidMagicLink } from '../verify/magic-link-validator.service';
import type { SignIn, SignInAttempt } from '../verify/sign-in-attempt';

/** With how many codes a try of an unknown device is compared: the presented link's, the newest. */
const MAX_COMPARED_CODES = 3;

export interface CodeVerification extends SignInAttempt {
  /** The UUID of the link that was mailed with the code. */
  readonly magicLinkId: string;
  /** Six digits, as they were typed. */
  readonly code: string;
}

/** What came of a try, and the link that it was for. */
interface TriedCode {
  readonly outcome: Outcome<ValidMagicLink>;
  readonly link: FoundMagicLink | undefined;
}

/** Signs people in with the code of a mail (docs/reference/security.md#codes, #lockout). */
@Injectable()
export class CodeVerificationService {
  constructor(
    private readonly database: Database,
    private readonly repository: MagicLinkRepository,
    private readonly lookup: MagicLinkLookupRepository,
    private readonly lockouts: CodeLockoutRepository,
    private readonly validator: MagicLinkValidator,
    private readonly attempts: LinkAttempts,
    private readonly links: LinkSignIn,
    private readonly limits: MagicLinkLimits,
    @Inject(RateLimiter) private readonly limiter: RateLimiter,
    private readonly keyRing: KeyRing,
    private readonly digests: ContextDigests,
    private readonly subjects: AuditSubjects,
    private readonly audit: AuditRecorder,
  ) {}

  /**
   * Consumes a link by its code. The answer to a wrong code depends only on what was sent and how
   * often, never on the link, its state, where the attempt comes from, or a lockout. Otherwise a
   * stranger who asked for the link could see what its owner does.
   *
   * @throws TokenError `code_invalid`, and `code_exhausted` from the sixth wrong try for one link
   *   on; AuthError `account_disabled`, `account_locked` or `sign_up_disabled`; RateLimitError
   *   (`rate_limited`); UnavailableError (`unavailable`).
   */
  async verify({ magicLinkId, code, ...attempt }: CodeVerification): Promise<SignIn> {
    // UUIDs are case-insensitive (RFC 9562, section 4): tries in either case count together.
    const linkId = magicLinkId.toLowerCase();
    const limited = await this.database.transaction((transaction) =>
      this.attempts.count(linkId, attempt, transaction),
    );
    if (limited !== undefined) throw limited.error;
    const { outcome, link } = await this.database.transaction((transaction) =>
      this.tryCode(linkId, code, attempt, transaction),
    );
    if (outcome.isRefused) await this.recordRefusal(outcome.refusal, link, attempt);
    const valid = valueOf(outcome);
    // In a transaction of its own: the one before locks the service-wide count, for which all other
    // attempts wait.
    const signedIn = await this.database.transaction((transaction) =>
      this.links.signInByCode(valid, attempt, transaction),
    );
    // Another sign-in was faster. Answer as to a wrong code, so that no stranger learns of it.
    if (signedIn.isRefused && signedIn.refusal.reason === 'link_used') {
      throw codeRefusal('code_invalid').error;
    }

    return valueOf(signedIn);
  }

  /**
   * In a transaction of its own: what was counted stays counted if the trail cannot be written, or
   * else whoever keeps it from being written could guess for free.
   */
  private async recordRefusal(
    refusal: LinkRefusal,
    link: FoundMagicLink | undefined,
    attempt: SignInAttempt,
  ): Promise<void> {
    if (refusal.reason === undefined) return;
    await this.database.transaction((transaction) =>
      this.attempts.recordRefusal(attempt, refusal, link, transaction),
    );
  }

  /**
   * Counts a try for the link and for the service before the code is compared, and undoes these
   * counts when the code is right. The limit on verifications has counted the attempt before.
   */
  private async tryCode(
    linkId: string,
    code: string,
    attempt: SignInAttempt,
    transaction: Transaction,
  ): Promise<TriedCode> {
    const beforeCount = transaction.savepoint();
    const rules = this.limits.forCode(linkId);
    const decision = await this.limiter.take([rules.link, rules.service], transaction);
    const { link, now } = await this.lookup.findById(linkId, transaction);
    if (!decision.allowed) {
      if (decision.refusedBy.includes(rules.service.key) && decision.firstRefusal) {
        await this.attempts.recordLimit('wrong_codes', attempt, transaction);
      }

      const refusal = decision.refusedBy.includes(rules.link.key)
        ? codeRefusal('code_exhausted')
        : { error: new RateLimitError(decision.retryAfterSeconds) };
      return { outcome: refused(refusal), link };
    }
    const valid = link && (await this.compareCode(link, code, now, attempt, transaction));
    if (valid !== undefined) {
      beforeCount.rollback();
      return { outcome: accepted(valid), link };
    }
    return { outcome: refused(codeRefusal('code_invalid')), link };
  }

  /**
   * Compares a code with those of all live links that the presented link's device has asked for: the
   * code of whichever mail has arrived is good. Wrong tries for these links count together.
   *
   * @returns the link whose code signs in; `undefined` when the code is refused.
   */
  private async compareCode(
    link: FoundMagicLink,
    code: string,
    now: Date,
    attempt: SignInAttempt,
    transaction: Transaction,
  ): Promise<ValidMagicLink | undefined> {
    const { tenant_id: tenantId, email } = link;
    await this.repository.lockAddress(tenantId, email, transaction);
    const [lockoutKey = '', ...otherKeys] = this.limits.lockoutKeys(tenantId, email);
    const [areCodesLocked, siblings] = await Promise.all([
      this.lockouts.lockAndCheck(lockoutKey, otherKeys, transaction),
      this.findSiblings(link, attempt, transaction),
    ]);
    const tries = Math.max(...siblings.map((sibling) => sibling.attempt_count));
    const isOpen = !areCodesLocked && tries < TRIES_PER_CODE;
    // Somebody whom the account does not know could otherwise guess at ten codes with each try.
    const compared = link.from_known_device ? siblings : siblings.slice(0, MAX_COMPARED_CODES);
    // All of them: the time must not tell which it was.
    const right = compared.filter((sibling) => this.isCodeOf(sibling, code));
    const usable = right
      .map((sibling) => ({
        link: sibling,
        evaluation: this.validator.checkContext(sibling, attempt.context),
        now,
      }))
      .find((valid) => isOpen && this.isUsable(valid));
    if (usable !== undefined) return usable;
    // While codes are locked, tries are not counted: otherwise the lockout would never end. Nor is
    // the right code of a used link. It is no guess: people press a button twice, and apps retry.
    if (!areCodesLocked && !(this.isCodeOf(link, code) && link.is_used)) {
      await this.countWrongCode(siblings, lockoutKey, attempt, transaction);
    }

    return undefined;
  }

  /** The presented link, and then the live ones that the same device has asked for. */
  private async findSiblings(
    link: FoundMagicLink,
    { context }: SignInAttempt,
    transaction: Transaction,
  ): Promise<[FoundMagicLink, ...FoundMagicLink[]]> {
    if (link.device_secret === null || !this.validator.isRequestingDevice(link, context)) {
      return [link];
    }

    const owner = linkDeviceOwner(link);
    const digests = presentedSecrets(context).flatMap((secret) =>
      this.digests.secretCandidates(owner, secret),
    );
    const live = await this.lookup.findLiveSiblings(link, digests, transaction);
    return [link, ...live.filter(({ id }) => id !== link.id)];
  }

  private isCodeOf(link: FoundMagicLink, code: string): boolean {
    const keys = this.keyRing.find(link.key_id);
    return keys !== undefined && constantTimeEqual(code, oneTimeCode(keys, link.id));
  }

  private isUsable({ link, evaluation, now }: ValidMagicLink): boolean {
    const isLive = !link.is_used && link.superseded_at === null && link.expires_at > now;
    return evaluation.allowed && isLive && this.validator.isRedirectStillAllowed(link);
  }

  private async countWrongCode(
    siblings: readonly [FoundMagicLink, ...FoundMagicLink[]],
    lockoutKey: string,
    attempt: SignInAttempt,
    transaction: Transaction,
  ): Promise<void> {
    const [link] = siblings;
    const { tenant_id: tenantId, email } = link;
    // For each of them, so that a try counts for as long as the youngest of them lives.
    const ids = siblings.map(({ id }) => id);
    this.repository.countWrongCode(ids, transaction);
    const counted = await this.lockouts.countWrongCode(lockoutKey, transaction);
    if (!counted.has_locked) return;
    await this.audit.record(
      [
        {
          type: 'account.locked',
          tenantId,
          subjectId: await this.subjects.getOrCreate(tenantId, email, transaction),
          magicLinkId: link.id,
          reason: 'wrong_codes',
          details: { locks: 'codes', lockout_seconds: counted.lockout_seconds },
        },
      ],
      requestInfo(attempt),
      transaction,
    );
  }
}
