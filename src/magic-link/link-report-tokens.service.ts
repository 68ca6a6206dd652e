import { Injectable } from '@nestjs/common';

import { TokenSigner } from '../crypto/token-signer.service';
import { TokenVerifier, type VerifiedToken } from '../crypto/token-verifier.service';
import type { MagicLink } from './magic-link.entity';

/** People read mail late. After a week, a session of default lifetime has expired by itself. */
const LIFETIME_SECONDS = 7 * 24 * 60 * 60;

type ReportableLink = Pick<MagicLink, 'id' | 'created_at' | 'key_id'>;

/** In place of a context, in tokens that are not from a mail. */
const FOR_HOLDER = 'holder';

/**
 * Makes and checks the tokens of "this wasn't me". Neither the tokens nor their hashes are stored:
 * they can only end things, ending twice does no harm, and so their use need not be tracked.
 */
@Injectable()
export class LinkReportTokens {
  constructor(
    private readonly signer: TokenSigner,
    private readonly verifier: TokenVerifier,
  ) {}

  /** The token of a link's mail. */
  async derive(link: ReportableLink): Promise<string> {
    return this.sign(link, '');
  }

  /** A token for whoever holds the link itself: it reports as that of the mail, but undoes nothing. */
  async deriveForHolder(link: ReportableLink): Promise<string> {
    return this.sign(link, FOR_HOLDER);
  }

  /** @param now the database's time. */
  async verify(token: string, now: Date): Promise<VerifiedToken | undefined> {
    return this.verifier.verify('report', token, now);
  }

  /** Whether a verified token is that of a mail. */
  isMailed({ claims }: VerifiedToken): boolean {
    return claims.context !== FOR_HOLDER;
  }

  private async sign(link: ReportableLink, context: string): Promise<string> {
    // Whole seconds, also for a row that was not made here.
    const issuedAt = Math.floor(link.created_at.getTime() / 1_000);
    return this.signer.sign(
      'report',
      { id: link.id, issuedAt, expiresAt: issuedAt + LIFETIME_SECONDS, context },
      link.key_id,
    );
  }
}
