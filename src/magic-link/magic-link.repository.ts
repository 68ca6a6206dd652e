import { Injectable } from '@nestjs/common';

import type { Queryable, Transaction } from '../database/database.service';
import { named } from '../database/named-sql';
import type { MagicLink } from './magic-link.entity';

export type NewMagicLinkRow = Pick<
  MagicLink,
  | 'id'
  | 'email'
  | 'token_hash'
  | 'ip_address'
  | 'user_agent'
  | 'device_fingerprint'
  | 'expires_at'
  | 'created_at'
  | 'tenant_id'
  | 'client_network'
  | 'key_id'
  | 'redirect_to'
  | 'locale'
>;

/** The result of looking up a link. */
export interface MagicLinkLookup {
  /** The current time by the database's clock. */
  readonly now: Date;
  readonly link: FoundMagicLink | undefined;
}

export type FoundMagicLink = MagicLink & {
  /** The id of the address's user, if there is one. */
  readonly account_id: string | null;
  /** Whether the address's user has had the requesting device remembered. */
  readonly from_remembered_device: boolean;
};

@Injectable()
export class MagicLinkRepository {
  /**
   * Locks the links of one address until the transaction ends, so that requests, sign-ins and
   * superseding happen one after the other.
   *
   * @returns the current time by the database's clock.
   */
  async lockAddress(tenantId: string, email: string, transaction: Transaction): Promise<Date> {
    const row = await transaction.queryOne<{ now: Date }>(
      named(
        'magic-link.lockAddress',
        `SELECT now() AS now
           FROM pg_advisory_xact_lock(hashtextextended('magic link ' || $1 || ' ' || $2, 0))`,
      ),
      [tenantId, email],
    );
    return row.now;
  }

  /** Like `lockAddress`, for the address of the link with this token hash. */
  lockAddressOf(tokenHash: string, transaction: Transaction): void {
    // Without such a link the hash is locked instead of an address: the work is the same.
    transaction.execute(
      named(
        'magic-link.lockAddressOf',
        `SELECT pg_advisory_xact_lock(hashtextextended('magic link ' || coalesce(
                  (SELECT tenant_id || ' ' || email FROM magic_links WHERE token_hash = $1), $1), 0))`,
      ),
      [tokenHash],
    );
  }

  /**
   * Inserts a link, and supersedes the pending one of the same address and client network. Also
   * resolves the address's user in the same statement. The caller has locked the address.
   */
  insert(row: NewMagicLinkRow, transaction: Transaction): void {
    // count() makes PostgreSQL run the UPDATE before the INSERT. Otherwise the unique index on live
    // links would refuse the new one.
    transaction.execute(
      named(
        'magic-link.insert',
        `WITH superseded AS (
           UPDATE magic_links SET superseded_at = now()
            WHERE tenant_id = $9 AND email = $2 AND client_network = $10
              AND NOT is_used AND superseded_at IS NULL
           RETURNING 1
         )
         INSERT INTO magic_links
                (id, user_id, email, token_hash, ip_address, user_agent, device_fingerprint,
                 expires_at, created_at, tenant_id, client_network, key_id, redirect_to, locale)
         SELECT $1, (SELECT id FROM users WHERE tenant_id = $9 AND email = $2),
                $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13
          WHERE (SELECT count(*) FROM superseded) >= 0`,
      ),
      [
        row.id,
        row.email,
        row.token_hash,
        row.ip_address,
        row.user_agent,
        row.device_fingerprint,
        row.expires_at,
        row.created_at,
        row.tenant_id,
        row.client_network,
        row.key_id,
        row.redirect_to,
        row.locale,
      ],
    );
  }

  /** Finds a link by its token's hash, whatever its state. Returns the time in any case. */
  async findByTokenHash(tokenHash: string, queryable: Queryable): Promise<MagicLinkLookup> {
    return this.lookUp('magic-link.findByTokenHash', 'token_hash', tokenHash, queryable);
  }

  /** Finds a link by its id, whatever its state. Returns the time in any case. */
  async findById(id: string, queryable: Queryable): Promise<MagicLinkLookup> {
    return this.lookUp('magic-link.findById', 'id', id, queryable);
  }

  private async lookUp(
    name: string,
    column: 'id' | 'token_hash',
    value: string,
    queryable: Queryable,
  ): Promise<MagicLinkLookup> {
    const row = await queryable.queryOne<{ now: Date } & Nullable<FoundMagicLink>>(
      named(
        name,
        `SELECT link.*, host(link.ip_address) AS ip_address, now() AS now,
                account.id AS account_id,
                coalesce(link.device_fingerprint = ANY (account.trusted_device_ids), false)
                  AS from_remembered_device
           FROM (SELECT) AS always
           LEFT JOIN magic_links link ON link.${column} = $1
           LEFT JOIN users account
                  ON account.tenant_id = link.tenant_id AND account.email = link.email`,
      ),
      [value],
    );
    return { now: row.now, link: row.id === null ? undefined : (row as FoundMagicLink) };
  }

  /**
   * Consumes a link for a user, if it can still be used, and supersedes all other pending links of
   * its address. Single use depends on this one statement (invariant I1).
   *
   * @returns whether this call consumed the link. If not, the caller must roll back.
   */
  async consume(
    link: Pick<MagicLink, 'id' | 'tenant_id' | 'email'>,
    userId: string,
    transaction: Transaction,
  ): Promise<boolean> {
    const rows = await transaction.query<{ is_used: boolean }>(
      named(
        'magic-link.consume',
        `UPDATE magic_links
            SET is_used = (id = $1),
                used_at = CASE WHEN id = $1 THEN now() END,
                user_id = CASE WHEN id = $1 THEN $4 ELSE user_id END,
                superseded_at = CASE WHEN id <> $1 THEN now() END
          WHERE tenant_id = $2 AND email = $3 AND NOT is_used AND superseded_at IS NULL
            AND (id <> $1 OR expires_at > now())
         RETURNING is_used`,
      ),
      [link.id, link.tenant_id, link.email, userId],
    );
    return rows.some((row) => row.is_used);
  }

  /** Supersedes a link, unless it has been used. */
  supersede(id: string, transaction: Transaction): void {
    transaction.execute(
      named(
        'magic-link.supersede',
        `UPDATE magic_links SET superseded_at = now()
          WHERE id = $1 AND NOT is_used AND superseded_at IS NULL`,
      ),
      [id],
    );
  }

  /** Counts a wrong code for a link. */
  countWrongCode(id: string, transaction: Transaction): void {
    transaction.execute(
      named(
        'magic-link.countWrongCode',
        'UPDATE magic_links SET attempt_count = attempt_count + 1 WHERE id = $1',
      ),
      [id],
    );
  }

  /** Corrects the user of a link, when another user than expected turned out to own the address. */
  assignUser(id: string, userId: string, transaction: Transaction): void {
    transaction.execute(
      named('magic-link.assignUser', 'UPDATE magic_links SET user_id = $2 WHERE id = $1'),
      [id, userId],
    );
  }
}

type Nullable<T> = { [K in keyof T]: T[K] | null };
