import type { KeyPurpose } from './key-ring.service';

/** The kinds of token. One kind is never accepted in place of another. */
export type TokenKind = 'magic-link' | 'session' | 'report' | 'sign-in-report';

interface TokenKindProfile {
  /** The `typ` header: explicit typing (RFC 8725, section 3.11). */
  readonly type: string;
  /** The `aud` claim. */
  readonly audience: string;
  readonly purpose: KeyPurpose;
}

export const TOKEN_KINDS: Readonly<Record<TokenKind, TokenKindProfile>> = {
  'magic-link': {
    type: 'magic-link+jwt',
    audience: 'urn:mira-auth:magic-link',
    purpose: 'magic-link-token',
  },
  report: {
    type: 'report+jwt',
    audience: 'urn:mira-auth:report',
    purpose: 'report-token',
  },
  'sign-in-report': {
    type: 'sign-in-report+jwt',
    audience: 'urn:mira-auth:sign-in-report',
    purpose: 'report-token',
  },
  session: {
    type: 'session+jwt',
    audience: 'urn:mira-auth:session',
    purpose: 'session-token',
  },
};

/**
 * The claims of our tokens. They hold no mail address, IP address or user agent, so a token reveals
 * nothing about its owner. Times are whole seconds since the epoch (RFC 7519, NumericDate), equal
 * to the row's columns.
 */
export interface TokenClaims {
  /** The row's id: the `jti` claim. */
  readonly id: string;
  readonly issuedAt: number;
  readonly expiresAt: number;
  /** The `ctx` claim, made by `ContextDigests.claim`. */
  readonly context: string;
  /** Where the person is sent after signing in; links only. */
  readonly redirectTo?: string | null;
}
