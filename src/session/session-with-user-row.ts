import type { UserSession } from './user-session.entity';

/** A session with what the guard needs of its user, at one moment of the database's clock. */
export type SessionWithUserRow = Omit<
  UserSession,
  'session_token_hash' | 'magic_link_id' | 'revoked_at' | 'revoked_reason'
> & {
  readonly now: Date;
  readonly email: string;
  readonly email_verified: boolean;
  readonly user_created_at: Date;
  readonly last_login_at: Date | null;
  /** The user is neither disabled nor locked. */
  readonly user_may_act: boolean;
};
