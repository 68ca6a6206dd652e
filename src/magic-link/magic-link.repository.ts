import { Inject, Injectable } from '@nestjs/common';

import { RESOLVED_OPTIONS, type ResolvedAuthOptions } from '../config/resolved-options';
import type { Transaction } from '../database/database.service';
import { named } from '../database/named-sql';
import { known } from '../users/device.repository';
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
  | 'device_kind'
  | 'device_secret'
> & {
  /** The digests under which the address's user may know the device. */
  readonly known_device_digests: readonly string[];
};

/** A locked address. */
export interface LockedAddress {
  /** The current time by the database's clock. */
  readonly now: Date;
  /** The id of the address's user, if there is one. */
  readonly account_id: string | null;
}

@Injectable()
export class MagicLinkRepository {
  constructor(
    @Inject(RESOLVED_OPTIONS) private readonly options: Pick<ResolvedAuthOptions, 'session'>,
  ) {}

  /**
   * Locks the links of one address until the transaction ends, so that requests, sign-ins and
   * reports happen one after the other.
   */
  async lockAddress(
    tenantId: string,
    email: string,
    transaction: Transaction,
  ): Promise<LockedAddress> {
    return transaction.queryOne<LockedAddress>(
      named(
        'magic-link.lockAddress',
        `SELECT now() AS now,
                (SELECT id FROM users WHERE tenant_id = $1 AND email = $2) AS account_id
           FROM pg_advisory_xact_lock(hashtextextended('magic link ' || $1 || ' ' || $2, 0))`,
      ),
      [tenantId, email],
    );
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
   * Inserts a link. Other links of the address stay as they are. Also resolves the address's user
   * and the device that the user knows, in the same statement. The caller has locked the address.
   */
  insert(row: NewMagicLinkRow, transaction: Transaction): void {
    transaction.execute(
      named(
        'magic-link.insert',
        `INSERT INTO magic_links
                (id, user_id, email, token_hash, ip_address, user_agent, device_fingerprint,
                 expires_at, created_at, tenant_id, client_network, key_id, redirect_to, locale,
                 device_kind, device_secret, device_id)
         SELECT $1, account.id, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15,
                (SELECT device.id FROM devices device
                  WHERE device.user_id = account.id AND device.digest = ANY ($16)
                    AND ${known('device', '$17')} LIMIT 1)
           FROM (SELECT (SELECT id FROM users WHERE tenant_id = $9 AND email = $2) AS id) AS account`,
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
        row.device_kind,
        row.device_secret,
        row.known_device_digests,
        this.options.session.knownDeviceSeconds,
      ],
    );
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

  /**
   * Notes that a link was reported from elsewhere.
   *
   * @param byMail whether with the token of its mail.
   * @returns whether it is the first such report of this link.
   */
  async markReported(id: string, byMail: boolean, transaction: Transaction): Promise<boolean> {
    const { is_first: isFirst } = await transaction.queryOne<{ is_first: boolean }>(
      named(
        'magic-link.markReported',
        `WITH link AS (SELECT id, reported_at FROM magic_links WHERE id = $1 FOR NO KEY UPDATE)
         UPDATE magic_links reported
            SET reported_at = coalesce(link.reported_at, now()),
                reported_by_mail = reported.reported_by_mail OR $2
           FROM link WHERE reported.id = link.id
         RETURNING link.reported_at IS NULL AS is_first`,
      ),
      [id, byMail],
    );
    return isFirst;
  }

  /**
   * Takes `markReported` back.
   *
   * @returns whether the link was reported.
   */
  async unmarkReported(id: string, transaction: Transaction): Promise<boolean> {
    const unmarked = await transaction.modify(
      named(
        'magic-link.unmarkReported',
        `UPDATE magic_links SET reported_at = NULL, reported_by_mail = false
          WHERE id = $1 AND reported_at IS NOT NULL`,
      ),
      [id],
    );
    return unmarked === 1;
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

  /** Counts a wrong code for links. */
  countWrongCode(ids: readonly string[], transaction: Transaction): void {
    transaction.execute(
      named(
        'magic-link.countWrongCode',
        'UPDATE magic_links SET attempt_count = attempt_count + 1 WHERE id = ANY ($1)',
      ),
      [ids],
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
