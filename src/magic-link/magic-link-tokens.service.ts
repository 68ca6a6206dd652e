import { Injectable, type OnModuleInit } from '@nestjs/common';

import { ContextDigests } from '../context/context-digests.service';
import { constantTimeEqual, tokenHash } from '../crypto/token-hash';
import { TokenSigner } from '../crypto/token-signer.service';
import { TokenVerifier, type VerifiedToken } from '../crypto/token-verifier.service';
import type { MagicLink } from './magic-link.entity';

/** The columns that a link's token is derived from. */
export type TokenBearingLink = Pick<
  MagicLink,
  | 'id'
  | 'created_at'
  | 'expires_at'
  | 'ip_address'
  | 'user_agent'
  | 'device_fingerprint'
  | 'redirect_to'
  | 'key_id'
>;

/** Stands in for the missing row of a token without a link, so that the same work is done. */
const ABSENT_LINK: Omit<TokenBearingLink, 'key_id'> = {
  id: '00000000-0000-4000-8000-000000000000',
  created_at: new Date('2020-01-01T00:00:00Z'),
  expires_at: new Date('9999-01-01T00:00:00Z'),
  ip_address: '192.0.2.1',
  user_agent: 'Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0',
  device_fingerprint: null,
  redirect_to: null,
};

/**
 * Derives the tokens of links from their rows, and checks tokens against rows. Tokens are not
 * stored: row and key yield the same token again, byte by byte.
 */
@Injectable()
export class MagicLinkTokens implements OnModuleInit {
  private absentToken = '';

  constructor(
    private readonly signer: TokenSigner,
    private readonly verifier: TokenVerifier,
    private readonly digests: ContextDigests,
  ) {}

  async onModuleInit(): Promise<void> {
    this.absentToken = await this.signer.sign('magic-link', {
      ...times(ABSENT_LINK),
      id: ABSENT_LINK.id,
      context: '0'.repeat(43),
    });
  }

  /** @throws RangeError when this process does not hold the row's key. */
  async derive(link: TokenBearingLink): Promise<string> {
    return this.signer.sign(
      'magic-link',
      {
        ...times(link),
        id: link.id,
        context: this.contextClaim(link),
        redirectTo: link.redirect_to,
      },
      link.key_id,
    );
  }

  /** Like `derive`, but returns `undefined` when the result is not the row's original token. */
  async deriveStored(
    link: TokenBearingLink & { readonly token_hash: string },
  ): Promise<string | undefined> {
    const token = await this.derive(link);
    return constantTimeEqual(tokenHash(token), link.token_hash) ? token : undefined;
  }

  /**
   * Checks a presented token's signature and claims against the row that its hash has found. If
   * there is none, the same work is done on a fixed token, so that timing does not reveal it. A
   * token that a stranger made up therefore never reaches a parser.
   *
   * @param now the database's time.
   * @returns the verified token, or `undefined` when it is not the genuine token of that row.
   */
  async check(
    token: string,
    link: TokenBearingLink | undefined,
    now: Date,
  ): Promise<VerifiedToken | undefined> {
    const verified = await this.verifier.verify(
      'magic-link',
      link === undefined ? this.absentToken : token,
      now,
    );
    const expected = this.contextClaim(link ?? { ...ABSENT_LINK, key_id: '' });
    const isBound = constantTimeEqual(verified?.claims.context ?? '', expected);
    return link !== undefined && isBound && verified?.claims.id === link.id ? verified : undefined;
  }

  private contextClaim(link: TokenBearingLink): string {
    return this.digests.claim(link.key_id, {
      ipAddress: link.ip_address,
      userAgent: link.user_agent ?? '',
      fingerprintDigest: link.device_fingerprint,
    });
  }
}

function times(link: Pick<MagicLink, 'created_at' | 'expires_at'>): {
  issuedAt: number;
  expiresAt: number;
} {
  return {
    issuedAt: link.created_at.getTime() / 1_000,
    expiresAt: link.expires_at.getTime() / 1_000,
  };
}
