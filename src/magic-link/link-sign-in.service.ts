import { Injectable } from '@nestjs/common';

import type { SignInMethod } from '../audit/security-event';
import { Subjects } from '../audit/subjects.service';
import { Database, type Transaction } from '../database/database';
import { SessionIssuer } from '../session/session-issuer.service';
import { UsersService } from '../users/users.service';
import { CodeLockoutRepository } from './code-lockout.repository';
import type { ExaminedLink } from './link-examination.service';
import { LinkAttempts } from './link-attempts.service';
import { linkRefusal, refusalOf } from './link-refusal';
import { MagicLinkLimits } from './magic-link-limits.service';
import { MagicLinkRepository } from './magic-link.repository';
import type { SignIn, SignInAttempt } from './sign-in-attempt';

/** Uses links up, whether by token or by code, and opens their sessions. */
@Injectable()
export class LinkSignIn {
  constructor(
    private readonly database: Database,
    private readonly repository: MagicLinkRepository,
    private readonly users: UsersService,
    private readonly sessions: SessionIssuer,
    private readonly subjects: Subjects,
    private readonly limits: MagicLinkLimits,
    private readonly attempts: LinkAttempts,
    private readonly lockouts: CodeLockoutRepository,
  ) {}

  /**
   * Uses a link up and opens its session, in one transaction: at most one session comes of a link,
   * and a refusal leaves the link as it was.
   *
   * @throws TokenError `link_used` when somebody was faster; AuthError `account_disabled`,
   *   `account_locked` or `sign_up_disabled`; UnavailableError (`unavailable`).
   */
  async complete(
    examined: ExaminedLink,
    method: SignInMethod,
    attempt: SignInAttempt,
  ): Promise<SignIn> {
    try {
      return await this.signIn(examined, method, attempt);
    } catch (error) {
      const refusal = refusalOf(error);
      if (refusal !== undefined) await this.attempts.recordFailure(attempt, refusal, examined.link);
      throw error;
    }
  }

  private async signIn(
    { link, context: checked }: ExaminedLink,
    method: SignInMethod,
    attempt: SignInAttempt,
  ): Promise<SignIn> {
    const { context } = attempt;
    const { tenant_id: tenantId, email } = link;
    const address = { tenantId, email, ipAddress: context.ipAddress };
    return this.database.transaction(async (transaction) => {
      const now = await this.repository.lockAddress(tenantId, email, transaction);
      if (!(await this.repository.consume(link.id, transaction))) {
        throw linkRefusal('link_used').error;
      }
      const signedIn = await this.users.signIn(
        {
          ...address,
          deviceFingerprint: context.deviceFingerprint,
          rememberDevice: attempt.rememberDevice,
        },
        transaction,
      );
      await this.recordWrongCodes(signedIn.user.id, method, address, transaction);
      await this.repository.assignUser(link.id, signedIn.user.id, transaction);
      await this.repository.supersedeAll(tenantId, email, transaction);
      await this.limits.rememberNetwork(address, transaction);
      const subjectId = await this.subjects.ofAddress(tenantId, email, transaction);
      const session = await this.sessions.open(
        {
          ...attempt,
          method,
          signedIn,
          subjectId,
          magicLinkId: link.id,
          locale: link.locale,
          observed: checked.observed,
          now,
        },
        transaction,
      );
      return { userId: signedIn.user.id, email, session, redirectTo: link.redirect_to };
    });
  }

  /**
   * Mirrors the count of wrong codes to the user. A link forgives them: whoever opened it holds
   * the mailbox. A code does not, or a stranger could guess on between the owner's sign-ins.
   */
  private async recordWrongCodes(
    userId: string,
    method: SignInMethod,
    { tenantId, email }: { readonly tenantId: string; readonly email: string },
    transaction: Transaction,
  ): Promise<void> {
    const keys = this.limits.lockoutKeys(tenantId, email);
    const wrongCodes = await this.lockouts.wrongCodes(keys, transaction);
    await this.users.recordFailedLogins(userId, wrongCodes, transaction);
    if (method === 'magic_link') await this.lockouts.clear(keys, transaction);
  }
}
