import { Injectable } from '@nestjs/common';

import type { Transaction } from '../../database/database.service';
import { SignInReportTokens } from '../../session/issue/sign-in-report-tokens.service';
import { LinkReportTokens } from '../link-report-tokens.service';
import { type FoundMagicLink, MagicLinkLookupRepository } from '../magic-link-lookup.repository';

/** What a genuine report token is about, until when it is valid, and whether it comes from a mail. */
export type Reported = { readonly expiresAt: Date; readonly mayUndo: boolean } & (
  | { readonly about: 'link'; readonly link: FoundMagicLink }
  | { readonly about: 'sign-in'; readonly sessionId: string }
);

/** Reads the report tokens of all mails. */
@Injectable()
export class ReportTokens {
  constructor(
    private readonly links: LinkReportTokens,
    private readonly signIns: SignInReportTokens,
    private readonly lookup: MagicLinkLookupRepository,
  ) {}

  /**
   * @param token as presented.
   * @param now the database's time.
   * @returns what the token is about, also when it has expired; `undefined` when it is not genuine
   *   or its link is gone. A session that is gone has nothing left to end.
   */
  async find(token: string, now: Date, transaction: Transaction): Promise<Reported | undefined> {
    const [ofLink, ofSignIn] = await Promise.all([
      this.links.verify(token, now),
      this.signIns.verify(token, now),
    ]);
    if (ofLink !== undefined) {
      const { link } = await this.lookup.findById(ofLink.claims.id, transaction);
      const expiresAt = new Date(ofLink.claims.expiresAt * 1_000);
      const mayUndo = this.links.isMailed(ofLink);
      return link && { about: 'link', link, expiresAt, mayUndo };
    }
    if (ofSignIn === undefined) return undefined;
    const { id: sessionId, expiresAt } = ofSignIn.claims;
    return {
      about: 'sign-in',
      sessionId,
      expiresAt: new Date(expiresAt * 1_000),
      mayUndo: true,
    };
  }
}
