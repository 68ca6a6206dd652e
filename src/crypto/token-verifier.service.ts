import { Inject, Injectable } from '@nestjs/common';
import { type CryptoKey, errors, type JWTPayload, jwtVerify } from 'jose';

import { RESOLVED_OPTIONS, type ResolvedAuthOptions } from '../config/resolved-options';
import { KeyRing } from './key-ring.service';
import { TOKEN_KINDS, type TokenClaims, type TokenKind } from './token-kinds';

/** What is known about a token once its signature is verified. */
export interface VerifiedToken {
  readonly claims: TokenClaims;
  readonly keyId: string;
  /** Whether the token is genuine but past its `exp`. */
  readonly expired: boolean;
}

/** Longer tokens are refused unread. Our longest are several times shorter. */
const MAXIMUM_TOKEN_LENGTH = 2_048;

/** Three base64url parts (RFC 7515, section 7.1): no padding, no blanks, no other serialisation. */
const TOKEN_SHAPE = /^[\w-]+\.[\w-]+\.[\w-]+$/;

/** How far ahead of the database's time a token may claim to have been issued. */
const CLOCK_TOLERANCE_SECONDS = 60;

/** Whether a string has the outer form of a token. Checked before any cryptography. */
export function hasTokenShape(token: string): boolean {
  return token.length <= MAXIMUM_TOKEN_LENGTH && TOKEN_SHAPE.test(token);
}

/**
 * Verifies tokens. jose's defaults accept a missing `exp`, any HMAC algorithm and any type. Here
 * algorithm, type, issuer, audience and all claims are pinned (RFC 8725, sections 3.1, 3.8, 3.9,
 * 3.11).
 */
@Injectable()
export class TokenVerifier {
  constructor(
    private readonly keyRing: KeyRing,
    @Inject(RESOLVED_OPTIONS) private readonly options: Pick<ResolvedAuthOptions, 'publicUrl'>,
  ) {}

  /**
   * @param now the database's time, which alone decides expiry.
   * @returns the token's claims, or `undefined` when it is not a genuine token of this kind.
   */
  async verify(kind: TokenKind, token: string, now: Date): Promise<VerifiedToken | undefined> {
    if (!hasTokenShape(token)) return undefined;
    const { type, audience } = TOKEN_KINDS[kind];
    let keyId = '';
    const selectKey = (header: { kid?: unknown }): Promise<CryptoKey> => {
      keyId = typeof header.kid === 'string' ? header.kid : '';
      const keys = this.keyRing.find(keyId);
      if (keys === undefined) throw new errors.JWKSNoMatchingKey();
      return keys.tokenKey(TOKEN_KINDS[kind].purpose);
    };
    let payload: JWTPayload;
    let expired = false;
    try {
      ({ payload } = await jwtVerify(token, selectKey, {
        algorithms: ['HS256'],
        typ: type,
        issuer: this.options.publicUrl,
        audience,
        currentDate: now,
        requiredClaims: ['jti', 'iat', 'exp', 'ctx'],
      }));
    } catch (error) {
      // jose checks `exp` last, so an expired token has passed every other check.
      if (!(error instanceof errors.JWTExpired)) return undefined;
      payload = error.payload;
      expired = true;
    }
    const claims = readClaims(payload, Math.floor(now.getTime() / 1_000));
    return claims && { claims, keyId, expired };
  }
}

function readClaims(payload: JWTPayload, nowSeconds: number): TokenClaims | undefined {
  const { jti, iat, exp, ctx, redirect_to: redirectTo } = payload;
  if (
    typeof jti !== 'string' ||
    !isWholeSeconds(iat) ||
    !isWholeSeconds(exp) ||
    iat > nowSeconds + CLOCK_TOLERANCE_SECONDS ||
    exp <= iat ||
    typeof ctx !== 'string' ||
    (redirectTo !== undefined && typeof redirectTo !== 'string')
  ) {
    return undefined;
  }

  return {
    id: jti,
    issuedAt: iat,
    expiresAt: exp,
    context: ctx,
    redirectTo: redirectTo ?? null,
  };
}

function isWholeSeconds(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) > 0;
}
