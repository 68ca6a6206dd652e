import { randomUUID } from 'node:crypto';

/** Runs SQL behind the service's back. */
type Sql = <Row extends object = Record<string, unknown>>(
  text: string,
  parameters?: unknown[],
) => Promise<Row[]>;

export interface LinkState {
  /** Seconds since it has expired; negative before that. */
  readonly expiredFor: number;
  /** @default 'sent' */
  readonly mail?: string;
}

export interface SessionState extends LinkState {
  /** Whether the session came of a link. @default true */
  readonly hasLink?: boolean;
}

/** Writes rows in the states that time brings them to, without waiting for it. */
export class ExpiredRows {
  private userId: string | undefined;

  constructor(private readonly sql: Sql) {}

  /** An unused link with its mail. @returns its id. */
  async link({ expiredFor, mail = 'sent' }: LinkState): Promise<string> {
    return this.insertLink({ expiredFor, mail }, false);
  }

  /** A session, with the used link that it came of and that link's mail. */
  async session({ expiredFor, mail = 'sent', hasLink = true }: SessionState): Promise<{
    readonly id: string;
    readonly linkId: string | null;
  }> {
    this.userId ??= await this.insertUser();
    const id = randomUUID();
    // The link was used long before its session has expired, and expired at about that time.
    const linkId = hasLink ? await this.insertLink({ expiredFor: 86_400, mail }, true) : null;
    await this.sql(
      `INSERT INTO user_sessions (id, user_id, session_token_hash, ip_address, user_agent,
                                  auth_method, key_id, magic_link_id, expires_at)
       VALUES ($1, $2, $1::uuid::text, '192.0.2.1', '', 'magic_link', 'k', $3,
               now() - make_interval(secs => $4))`,
      [id, this.userId, linkId, expiredFor],
    );
    return { id, linkId };
  }

  /** A mail to a user. @returns its id. */
  async mail(state: {
    readonly state: string;
    /** Seconds since anything was noted on it. */
    readonly untouchedFor: number;
    /** Seconds since it was due. @default 0 */
    readonly dueFor?: number;
    /** Seconds for which a worker still has it. @default none has it */
    readonly leasedFor?: number;
  }): Promise<string> {
    const id = randomUUID();
    await this.sql(
      `INSERT INTO mail_outbox (id, kind, user_id, key_id, state, created_at, updated_at,
                                next_attempt_at, leased_until)
       VALUES ($1, 'test', gen_random_uuid(), 'k', $2, now() - make_interval(secs => $4),
               now() - make_interval(secs => $3), now() - make_interval(secs => $4),
               now() + make_interval(secs => $5))`,
      [id, state.state, state.untouchedFor, state.dueFor ?? 0, state.leasedFor ?? null],
    );
    return id;
  }

  async limit(key: string, expiredFor: number): Promise<void> {
    await this.sql(
      `INSERT INTO rate_limits (key, expires_at) VALUES ($1, now() - make_interval(secs => $2))`,
      [key, expiredFor],
    );
  }

  /** @param lockedFor seconds; negative since the lock has ended. */
  async lockout(key: string, untouchedFor: number, lockedFor: number | null): Promise<void> {
    await this.sql(
      `INSERT INTO code_lockouts (key, wrong_codes, updated_at, locked_until)
       VALUES ($1, 10, now() - make_interval(secs => $2), now() + make_interval(secs => $3))`,
      [key, untouchedFor, lockedFor],
    );
  }

  /** @param endedFor seconds since the pause has ended; negative before that. */
  async pause(mailbox: string, endedFor: number, network = 'a network'): Promise<void> {
    await this.sql(
      `INSERT INTO mail_pauses (mailbox, network, paused_until)
       VALUES ($1, $2, now() - make_interval(secs => $3))`,
      [mailbox, network, endedFor],
    );
  }

  /**
   * A device of a user.
   *
   * @param unusedFor seconds since it was used.
   * @param state.forgottenFor seconds since it was forgotten. `undefined`: it was not.
   * @returns its id.
   */
  async device(
    unusedFor: number,
    { forgottenFor }: { readonly forgottenFor?: number } = {},
  ): Promise<string> {
    this.userId ??= await this.insertUser();
    const id = randomUUID();
    await this.sql(
      `INSERT INTO devices (id, user_id, digest, first_seen_at, last_seen_at, forgotten_at)
       VALUES ($1, $2, $1::uuid::text, now() - interval '2 years',
               now() - make_interval(secs => $3), now() - make_interval(secs => $4))`,
      [id, this.userId, unusedFor, forgottenFor ?? null],
    );
    return id;
  }

  private async insertUser(): Promise<string> {
    const id = randomUUID();
    await this.sql('INSERT INTO users (id, email) VALUES ($1, $2)', [id, `${id}@example.com`]);
    return id;
  }

  private async insertLink(
    { expiredFor, mail }: Required<LinkState>,
    isUsed: boolean,
  ): Promise<string> {
    const id = randomUUID();
    await this.sql(
      `WITH link AS (
         INSERT INTO magic_links (id, email, token_hash, ip_address, client_network, key_id,
                                  expires_at, is_used, used_at)
         VALUES ($1, $1::uuid || '@example.com', $1::uuid::text, '192.0.2.1', '192.0.2.1/32', 'k',
                 now() - make_interval(secs => $2), $3, CASE WHEN $3 THEN now() END)
         RETURNING id
       )
       INSERT INTO mail_outbox (id, kind, magic_link_id, key_id, state, created_at, updated_at)
       SELECT gen_random_uuid(), 'magic_link', $1, 'k', $4, now(), now()`,
      [id, expiredFor, isUsed, mail],
    );
    return id;
  }
}
