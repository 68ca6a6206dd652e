/** Who is signed in. */
export interface PrincipalUser {
  readonly id: string;
  readonly email: string;
  readonly emailVerified: boolean;
  readonly tenantId: string;
  readonly createdAt: Date;
  /** A session that is answered for from memory does not hear of later sign-ins. */
  readonly lastLoginAt: Date | null;
}

/** The session that a request was made with. */
export interface PrincipalSession {
  readonly id: string;
  readonly deviceName: string | null;
  readonly userAgent: string;
  readonly ipAddress: string;
  readonly authMethod: string;
  readonly rememberDevice: boolean;
  readonly createdAt: Date;
  readonly lastAccessedAt: Date;
  readonly expiresAt: Date;
}

/** What the guard puts on a request: who makes it, with which session. */
export interface Principal {
  readonly user: PrincipalUser;
  readonly session: PrincipalSession;
}
