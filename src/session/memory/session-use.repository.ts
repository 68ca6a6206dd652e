import { Injectable } from '@nestjs/common';

import type { Queryable, Transaction } from '../../database/database.service';
import { named } from '../../database/named-sql';
import type { UserSession } from '../user-session.entity';

/** A use of a session: when and where. */
export interface SessionUse {
  /** Unix milliseconds by the database's clock. */
  readonly at: number;
  readonly ipAddress: string;
  readonly userAgent: string;
}

/** A session whose use was written, and whose next change of network is due for the trail. */
export type WrittenUse = Pick<UserSession, 'id' | 'user_id' | 'tenant_id' | 'ip_address'> & {
  /** Where it was used before; `null` in a row of the first release. */
  readonly previous_ip_address: string | null;
};

@Injectable()
export class SessionUseRepository {
  /**
   * Writes when and where sessions and their devices were used. Locked rows are skipped: they are
   * being ended, or updated by another instance.
   *
   * @param uses by session id.
   * @returns the sessions whose last change of network the trail has not had within the hour.
   */
  async recordLastUses(
    uses: ReadonlyMap<string, SessionUse>,
    queryable: Queryable,
  ): Promise<WrittenUse[]> {
    const given = [...uses.values()];
    const rows = await queryable.query<WrittenUse & { is_due: boolean }>(
      named(
        'session.recordLastUses',
        `WITH used AS (
           SELECT session.id, session.device_id,
                  least(to_timestamp(given.milliseconds / 1000), now()) AS at,
                  given.ip_address, given.user_agent,
                  session.last_ip_address AS previous_ip_address, session.network_changed_at
             FROM unnest($1::uuid[], $2::float8[], $3::inet[], $4::text[])
                    AS given (id, milliseconds, ip_address, user_agent)
             JOIN user_sessions session USING (id)
            WHERE session.is_active
              FOR NO KEY UPDATE OF session SKIP LOCKED
         ), device AS (
           SELECT device.id, used.at
             FROM used JOIN devices device ON device.id = used.device_id
            WHERE device.last_seen_at < used.at - interval '1 hour'
              FOR NO KEY UPDATE OF device SKIP LOCKED
         ), seen AS (
           UPDATE devices SET last_seen_at = device.at FROM device WHERE devices.id = device.id
         )
         UPDATE user_sessions session
            SET last_accessed_at = greatest(session.last_accessed_at, used.at),
                last_ip_address = CASE WHEN session.last_accessed_at <= used.at
                                       THEN used.ip_address ELSE session.last_ip_address END,
                last_user_agent = CASE WHEN session.last_accessed_at <= used.at
                                       THEN used.user_agent ELSE session.last_user_agent END
           FROM used
          WHERE session.id = used.id
         RETURNING session.id, session.user_id, session.tenant_id,
                   host(session.ip_address) AS ip_address,
                   host(used.previous_ip_address) AS previous_ip_address,
                   coalesce(used.network_changed_at < now() - interval '1 hour', true) AS is_due`,
      ),
      [
        [...uses.keys()],
        given.map(({ at }) => at),
        given.map(({ ipAddress }) => ipAddress),
        given.map(({ userAgent }) => userAgent),
      ],
    );
    return rows.filter((row) => row.is_due);
  }

  /** Notes that the trail has these sessions' change of network. */
  markMoved(ids: readonly string[], transaction: Transaction): void {
    transaction.execute(
      named(
        'session.markMoved',
        'UPDATE user_sessions SET network_changed_at = now() WHERE id = ANY ($1)',
      ),
      [ids],
    );
  }
}
