import { Inject, Injectable } from '@nestjs/common';

import { RESOLVED_OPTIONS, type ResolvedAuthOptions } from '../config/resolved-options';
import type { Queryable, Transaction } from '../database/database.service';
import { named } from '../database/named-sql';
import type { Device } from './device.entity';

type FoundDeviceRow = Pick<Device, 'id' | 'digest'> & { readonly is_known: boolean };

/**
 * The SQL condition for a known device.
 *
 * @param parameter holds for how many seconds an unused device stays known.
 */
export function known(table: string, parameter: string): string {
  return `${table}.forgotten_at IS NULL
          AND ${table}.last_seen_at > now() - make_interval(secs => ${parameter}::integer)`;
}

/** Reads and writes the devices of accounts. Whoever writes has locked the user's row before. */
@Injectable()
export class DeviceRepository {
  constructor(
    @Inject(RESOLVED_OPTIONS) private readonly options: Pick<ResolvedAuthOptions, 'session'>,
  ) {}

  /** The devices of a user that have one of these digests, the one used last first. */
  async find(
    userId: string,
    digests: readonly string[],
    queryable: Queryable,
  ): Promise<FoundDeviceRow[]> {
    return queryable.query<FoundDeviceRow>(
      named(
        'device.find',
        `SELECT id, digest, ${known('devices', '$3')} AS is_known FROM devices
          WHERE user_id = $1 AND digest = ANY ($2)
          ORDER BY last_seen_at DESC`,
      ),
      [userId, digests, this.options.session.knownDeviceSeconds],
    );
  }

  /** Records a sign-in on a device that is known already. */
  recordUse(id: string, transaction: Transaction): void {
    transaction.execute(
      named('device.recordUse', 'UPDATE devices SET last_seen_at = now() WHERE id = $1'),
      [id],
    );
  }

  /**
   * Makes a device known, or gives a known one another digest. Removes those above the cap.
   *
   * @param device its `id` is that of the known device, or a new one.
   * @param digests that the browser's secrets may be stored under. One browser is one device: other
   *   rows with them go.
   */
  put(
    device: Pick<Device, 'id' | 'user_id' | 'digest'>,
    digests: readonly string[],
    transaction: Transaction,
  ): void {
    transaction.execute(
      named(
        'device.removeOthers',
        `DELETE FROM devices
          WHERE user_id = $1 AND id <> $2
            AND (digest = ANY ($3)
                 OR id IN (SELECT id FROM devices WHERE user_id = $1 AND id <> $2
                            ORDER BY forgotten_at IS NULL DESC, last_seen_at DESC, id OFFSET $4))`,
      ),
      [device.user_id, device.id, digests, this.options.session.maxDevicesPerUser - 1],
    );
    transaction.execute(
      named(
        'device.put',
        `INSERT INTO devices (id, user_id, digest) VALUES ($1, $2, $3)
         ON CONFLICT (id) DO UPDATE SET last_seen_at = now(), digest = excluded.digest`,
      ),
      [device.id, device.user_id, device.digest],
    );
    this.mirror(device.user_id, transaction);
  }

  /**
   * Forgets devices of a user.
   *
   * @param ids ids of devices, and digests of the first release, whose sessions name none; `'all'`:
   *   all of them.
   * @param reportId the link or session whose report is the reason, so that it can be undone.
   */
  forget(
    userId: string,
    ids: readonly string[] | 'all',
    reportId: string | null,
    transaction: Transaction,
  ): void {
    transaction.execute(
      named(
        'device.forget',
        `UPDATE devices SET forgotten_at = now(), forgotten_by = $3
          WHERE user_id = $1 AND forgotten_at IS NULL
            AND ($2::text[] IS NULL OR id::text = ANY ($2) OR digest = ANY ($2))`,
      ),
      [userId, ids === 'all' ? null : ids, reportId],
    );
    this.mirror(userId, transaction);
  }

  /**
   * Takes back what a report has forgotten.
   *
   * @returns how many devices are known again.
   */
  async remember(userId: string, reportId: string, transaction: Transaction): Promise<number> {
    const restored = await transaction.modify(
      named(
        'device.remember',
        `UPDATE devices SET forgotten_at = NULL, forgotten_by = NULL
          WHERE user_id = $1 AND forgotten_by = $2`,
      ),
      [userId, reportId],
    );
    if (restored > 0) this.mirror(userId, transaction);
    return restored;
  }

  /** Copies the digests of the known devices to the guide's column, newest last. */
  private mirror(userId: string, transaction: Transaction): void {
    transaction.execute(
      named(
        'device.mirror',
        `UPDATE users
            SET trusted_device_ids =
                  ARRAY(SELECT digest FROM devices
                         WHERE user_id = $1 AND forgotten_at IS NULL ORDER BY last_seen_at)
          WHERE id = $1`,
      ),
      [userId],
    );
  }
}
