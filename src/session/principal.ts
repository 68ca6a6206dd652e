/** Who is signed in. */
export interface PrincipalUser {
  readonly id: string;
  readonly email: string;
  readonly emailVerified: boolean;
  readonly tenantId: string;
  readonly createdAt: Date;
  /** When the session is answered from memory, later sign-ins may be missing. */
  readonly lastLoginAt: Date | null;
}

/** The session that a request was made with. */
export interface PrincipalSession {
  readonly id: string;
  readonly deviceName: string | null;
  /** Where the session was opened. */
  readonly userAgent: string;
  readonly ipAddress: string;
  /** Where it was last used. */
  readonly lastUserAgent: string;
  readonly lastIpAddress: string;
  readonly authMethod: string;
  readonly rememberDevice: boolean;
  readonly createdAt: Date;
  readonly lastAccessedAt: Date;
  readonly expiresAt: Date;
}

/** Who makes a request, and with which session. */
export interface Principal {
  readonly user: PrincipalUser;
  readonly session: PrincipalSession;
}
