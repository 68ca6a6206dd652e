import { Inject, Injectable } from '@nestjs/common';

import { RESOLVED_OPTIONS, type ResolvedAuthOptions } from '../config/resolved-options';
import type { Queryable } from '../database/database.service';
import { named } from '../database/named-sql';
import { known as knownDevice } from '../users/device.repository';
import type { MagicLink } from './magic-link.entity';

/** The result of looking up a link. */
export interface MagicLinkLookup {
  /** The current time by the database's clock. */
  readonly now: Date;
  readonly link: FoundMagicLink | undefined;
}

export type FoundMagicLink = MagicLink & {
  /** The id of the address's user, if there is one. */
  readonly account_id: string | null;
  /** In a link of the first release: whether its device was remembered. */
  readonly from_remembered_device: boolean;
  /** Whether the address's user knows the requesting device now. */
  readonly from_known_device: boolean;
};

const SELECT_LINK = `
  SELECT link.*, host(link.ip_address) AS ip_address, now() AS now, account.id AS account_id,
         coalesce(link.device_fingerprint = ANY (account.trusted_device_ids), false)
           AS from_remembered_device,
         device.id IS NOT NULL AS from_known_device`;

/** @param known parameter that holds for how many seconds an unused device stays known. */
function joinAccount(known: string): string {
  return `
  LEFT JOIN users account ON account.tenant_id = link.tenant_id AND account.email = link.email
  LEFT JOIN devices device ON device.id = link.device_id AND device.user_id = account.id
                          AND ${knownDevice('device', known)}`;
}

/** Finds links, whatever their state, with what the address's user has to do with them. */
@Injectable()
export class MagicLinkLookupRepository {
  constructor(
    @Inject(RESOLVED_OPTIONS) private readonly options: Pick<ResolvedAuthOptions, 'session'>,
  ) {}

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
        `${SELECT_LINK}
           FROM (SELECT) AS always
           LEFT JOIN magic_links link ON link.${column} = $1
           ${joinAccount('$2')}`,
      ),
      [value, this.options.session.knownDeviceSeconds],
    );
    return { now: row.now, link: row.id === null ? undefined : (row as FoundMagicLink) };
  }

  /**
   * Finds the live links of an address that one device has asked for, newest first.
   *
   * @param secretDigests of the device, under every key that its links may have been made with.
   */
  async findLiveSiblings(
    { tenant_id: tenantId, email }: Pick<MagicLink, 'tenant_id' | 'email'>,
    secretDigests: readonly string[],
    queryable: Queryable,
  ): Promise<FoundMagicLink[]> {
    return queryable.query<FoundMagicLink>(
      named(
        'magic-link.findLiveSiblings',
        `${SELECT_LINK}
           FROM magic_links link
           ${joinAccount('$4')}
          WHERE link.tenant_id = $1 AND link.email = $2 AND NOT link.is_used
            AND link.superseded_at IS NULL AND link.expires_at > now()
            AND link.device_secret = ANY ($3)
          ORDER BY link.created_at DESC, link.id`,
      ),
      [tenantId, email, secretDigests, this.options.session.knownDeviceSeconds],
    );
  }
}

type Nullable<T> = { [K in keyof T]: T[K] | null };
