import { Injectable } from '@nestjs/common';

import { TokenSigner } from '../../crypto/token-signer.service';
import { TokenVerifier, type VerifiedToken } from '../../crypto/token-verifier.service';
import type { MailedSession } from '../session.repository';

/** As long as those of links: people read mail late. */
const LIFETIME_SECONDS = 7 * 24 * 60 * 60;

/**
 * Makes and checks the tokens of "this wasn't me" in mails about a sign-in. Like those of links
 * (`LinkReportTokens`) they are stored nowhere.
 */
@Injectable()
export class SignInReportTokens {
  constructor(
    private readonly signer: TokenSigner,
    private readonly verifier: TokenVerifier,
  ) {}

  /** @throws RangeError when this process does not hold the session's key. */
  async derive(session: Pick<MailedSession, 'id' | 'created_at' | 'key_id'>): Promise<string> {
    // Whole seconds, also for an imported session.
    const issuedAt = Math.floor(session.created_at.getTime() / 1_000);
    return this.signer.sign(
      'sign-in-report',
      { id: session.id, issuedAt, expiresAt: issuedAt + LIFETIME_SECONDS, context: '' },
      session.key_id,
    );
  }

  /** @param now the database's time. */
  async verify(token: string, now: Date): Promise<VerifiedToken | undefined> {
    return this.verifier.verify('sign-in-report', token, now);
  }
}
