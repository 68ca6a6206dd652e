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

/** What a presented token led to, at one moment of the database's clock. */
export interface MagicLinkLookup {
  readonly now: Date;
  readonly link: FoundMagicLink | undefined;
}

export type FoundMagicLink = MagicLink & {
  /** The user that the address has, if it has one. */
  readonly account_id: string | null;
  /** The asking device is one that the address's user has remembered. */
  readonly from_remembered_device: boolean;
};

@Injectable()
export class MagicLinkRepository {
  /**
   * Waits for every other change to the links of one address, and holds others off until the
   * transaction ends: requests, sign-ins and superseding happen one after the other.
   *
   * @returns the time, by the database's clock.
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

  /** As `lockAddress`, for the address of a link that is known by its token's hash. */
  lockAddressOf(tokenHash: string, transaction: Transaction): void {
    // Where there is no such link the hash stands for an address: the work is the same.
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
   * Adds a link, and ends what is pending for its address from its client network. The same
   * statement also finds the address's user, if there is one. The caller holds the address.
   */
  insert(row: NewMagicLinkRow, transaction: Transaction): void {
    // count() makes PostgreSQL run the UPDATE before the INSERT: otherwise the unique index on live
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

  /** Finds a link by its token's hash, whatever its state. The time comes with it in any case. */
  async findByTokenHash(tokenHash: string, queryable: Queryable): Promise<MagicLinkLookup> {
    return this.lookUp('magic-link.findByTokenHash', 'token_hash', tokenHash, queryable);
  }

  /** Finds a link by its id, whatever its state. The time comes with it in any case. */
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
   * Uses a link up for a user, if it can still be used, and ends everything else that is pending
   * for its address: the one statement on which single use hangs (invariant I1).
   *
   * @returns whether this call used it; if not, the transaction must be undone.
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

  /** Ends a link, unless it was used. */
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

  /** Notes a wrong code. */
  countWrongCode(id: string, transaction: Transaction): void {
    transaction.execute(
      named(
        'magic-link.countWrongCode',
        'UPDATE magic_links SET attempt_count = attempt_count + 1 WHERE id = $1',
      ),
      [id],
    );
  }

  /** Notes whose link it was, where it was somebody else's than was thought. */
  assignUser(id: string, userId: string, transaction: Transaction): void {
    transaction.execute(
      named('magic-link.assignUser', 'UPDATE magic_links SET user_id = $2 WHERE id = $1'),
      [id, userId],
    );
  }
}

type Nullable<T> = { [K in keyof T]: T[K] | null };
