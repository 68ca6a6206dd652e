import { Inject, Injectable } from '@nestjs/common';
import { CompactSign } from 'jose';

import { RESOLVED_OPTIONS, type ResolvedAuthOptions } from '../config/resolved-options';
import { KeyRing } from './key-ring.service';
import { TOKEN_KINDS, type TokenClaims, type TokenKind } from './token-kinds';

/**
 * Makes tokens: JWTs signed with HMAC-SHA-256 (RFC 7519, RFC 7518 section 3.2). The order of
 * header and claims is fixed, so the same claims and key always give the same bytes. That is why no
 * token is stored: it can be re-created from its row.
 */
@Injectable()
export class TokenSigner {
  constructor(
    private readonly keyRing: KeyRing,
    @Inject(RESOLVED_OPTIONS) private readonly options: Pick<ResolvedAuthOptions, 'publicUrl'>,
  ) {}

  /**
   * @param keyId the key to sign with: the current one for a new token, the row's for a token that
   *   is re-created.
   * @throws RangeError when this process does not hold that key.
   */
  async sign(
    kind: TokenKind,
    claims: TokenClaims,
    keyId = this.keyRing.current.id,
  ): Promise<string> {
    const keys = this.keyRing.find(keyId);
    if (keys === undefined) {
      throw new RangeError('this process does not hold the key of this token');
    }
    const { type, audience, purpose } = TOKEN_KINDS[kind];
    const payload = {
      iss: this.options.publicUrl,
      aud: audience,
      jti: claims.id,
      iat: claims.issuedAt,
      exp: claims.expiresAt,
      ctx: claims.context,
      ...(claims.redirectTo == null ? {} : { redirect_to: claims.redirectTo }),
    };
    return new CompactSign(Buffer.from(JSON.stringify(payload), 'utf8'))
      .setProtectedHeader({ alg: 'HS256', typ: type, kid: keys.id })
      .sign(await keys.tokenKey(purpose));
  }
}
