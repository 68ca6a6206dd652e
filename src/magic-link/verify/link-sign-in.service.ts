import { randomUUID } from 'node:crypto';

import { Injectable } from '@nestjs/common';

import { AuditSubjects } from '../../audit/audit-subjects.service';
import type { SignInMethod } from '../../audit/security-event';
import type { Transaction } from '../../database/database.service';
import { type PresentedSessions, SessionIssuer } from '../../session/issue/session-issuer.service';
import { KnownDevices, NO_DEVICE } from '../../users/known-devices.service';
import { UsersService } from '../../users/users.service';
import { CodeLockoutRepository } from '../code-lockout.repository';
import {
  accepted,
  accountRefusal,
  type LinkRefusal,
  linkRefusal,
  type Outcome,
} from '../link-refusal';
import { MagicLinkRepository } from '../magic-link.repository';
import { MagicLinkLimits } from '../magic-link-limits.service';
import { MailPauses } from '../mail-pauses.service';
import { LinkAttempts } from './link-attempts.service';
import type { ValidMagicLink } from './magic-link-validator.service';
import type { SignIn, SignInAttempt } from './sign-in-attempt';

const NONE_PRESENTED: PresentedSessions = { cookieHash: null, bearerHash: null };

/** Consumes links, by token or by code, and opens their sessions. */
@Injectable()
export class LinkSignIn {
  constructor(
    private readonly repository: MagicLinkRepository,
    private readonly users: UsersService,
    private readonly devices: KnownDevices,
    private readonly pauses: MailPauses,
    private readonly sessions: SessionIssuer,
    private readonly subjects: AuditSubjects,
    private readonly limits: MagicLinkLimits,
    private readonly attempts: LinkAttempts,
    private readonly lockouts: CodeLockoutRepository,
  ) {}

  /**
   * Consumes a link whose code was right, and opens its session.
   *
   * @returns as `signIn`.
   */
  async signInByCode(
    valid: ValidMagicLink,
    attempt: SignInAttempt,
    transaction: Transaction,
  ): Promise<Outcome<SignIn>> {
    const { tenant_id: tenantId, email } = valid.link;
    const { now } = await this.repository.lockAddress(tenantId, email, transaction);
    return this.signIn({ ...valid, now }, 'magic_link_code', attempt, transaction);
  }

  /**
   * Consumes a link and opens its session, at most one for each link. The caller must already hold
   * the lock on the link's address in this transaction. A refusal is recorded, and leaves the link
   * unchanged.
   *
   * @returns the sign-in, or the refusal: TokenError `link_used` when another sign-in was faster;
   *   AuthError `account_disabled`, `account_locked` or `sign_up_disabled`.
   * @throws UnavailableError (`unavailable`).
   */
  async signIn(
    { link, evaluation, now }: ValidMagicLink,
    method: SignInMethod,
    attempt: SignInAttempt,
    transaction: Transaction,
  ): Promise<Outcome<SignIn>> {
    const { context } = attempt;
    const { tenant_id: tenantId, email } = link;
    const address = { tenantId, email, ipAddress: context.ipAddress };
    const userId = link.account_id ?? randomUUID();
    const proven = { ...address, newUserId: userId };
    const beforeUse = transaction.savepoint();
    // One round trip. Locks are taken in this order: subject, links, user, wrong codes.
    const [subjectId, isConsumed, found, wrongCodes, foundDevice] = await Promise.all([
      this.subjects.getOrCreate(tenantId, email, transaction),
      this.repository.consume(link, userId, transaction),
      this.users.findOrCreate(proven, transaction),
      this.wrongCodes(method, address, transaction),
      this.devices.find(userId, context, transaction),
    ]);
    const refuse = (refusal: LinkRefusal): Promise<Outcome<never>> => {
      beforeUse.rollback();
      return this.attempts.recordRefusal(attempt, refusal, link, transaction);
    };
    if (!isConsumed) return refuse(linkRefusal('link_used'));
    const admitted = this.users.admit(found);
    if (typeof admitted === 'string') return refuse(accountRefusal(admitted));
    const signedIn = this.users.recordSignIn(admitted, found.isNew, proven, transaction);
    const { user } = signedIn;
    // If somebody else created the user after the link was read, the link has the wrong user id.
    if (user.id !== userId) this.repository.assignUser(link.id, user.id, transaction);
    this.users.recordFailedLogins(user, wrongCodes, transaction);
    // Whoever had the account before its mailbox was proven may have left devices of theirs.
    if (signedIn.isFirstProof) this.devices.forgetAll(user.id, transaction);
    const isOwnDevice = !signedIn.isFirstProof && user.id === userId;
    const device = this.devices.recordSignIn(
      user,
      context,
      isOwnDevice ? foundDevice : NO_DEVICE,
      transaction,
    );
    await this.limits.rememberNetwork(address, transaction);
    const session = await this.sessions.open(
      {
        ...attempt,
        method,
        signedIn,
        device,
        presented: attempt.presented ?? NONE_PRESENTED,
        subjectId,
        magicLinkId: link.id,
        locale: link.locale,
        observed: evaluation.observed,
        now,
      },
      transaction,
    );
    this.pauses.lift({ tenantId, email }, transaction);
    return accepted({
      userId: user.id,
      email,
      session,
      redirectTo: link.redirect_to,
      deviceSecrets: device?.browserSecrets,
    });
  }

  /**
   * Returns how many wrong codes were counted for the address; the caller copies that to the user.
   * A sign-in by link resets the count: it proves the mailbox. A sign-in by code keeps it. Otherwise
   * each sign-in of the owner would give a stranger a new set of guesses.
   */
  private wrongCodes(
    method: SignInMethod,
    { tenantId, email }: { readonly tenantId: string; readonly email: string },
    transaction: Transaction,
  ): Promise<number> {
    const keys = this.limits.lockoutKeys(tenantId, email);
    return method === 'magic_link'
      ? this.lockouts.forgive(keys, transaction)
      : this.lockouts.wrongCodes(keys, transaction);
  }
}
