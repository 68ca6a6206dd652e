import { Injectable } from '@nestjs/common';

import type { Queryable, Transaction } from '../database/database.service';
import { named } from '../database/named-sql';
import type { Device } from './device.entity';

/** How long an unused device stays known. */
const KNOWN_DEVICE_DAYS = 90;

/** How many devices an account knows; the one that was unused longest goes first. */
const MAX_DEVICES = 20;

/** The SQL condition for a known device. */
export function known(table: string): string {
  return `${table}.forgotten_at IS NULL
          AND ${table}.last_seen_at > now() - make_interval(days => ${KNOWN_DEVICE_DAYS.toString()})`;
}

/** Reads and writes the devices of accounts. Whoever writes has locked the user's row before. */
@Injectable()
export class DeviceRepository {
  /** The known device of a user that has one of these digests. */
  async findKnown(
    userId: string,
    digests: readonly string[],
    queryable: Queryable,
  ): Promise<Pick<Device, 'id' | 'digest'> | undefined> {
    const [row] = await queryable.query<Pick<Device, 'id' | 'digest'>>(
      named(
        'device.findKnown',
        `SELECT id, digest FROM devices
          WHERE user_id = $1 AND digest = ANY ($2) AND ${known('devices')}
          ORDER BY last_seen_at DESC LIMIT 1`,
      ),
      [userId, digests],
    );
    return row;
  }

  /** Makes a device known, also one that had been forgotten, and removes those above the cap. */
  add(device: Pick<Device, 'id' | 'user_id' | 'digest'>, transaction: Transaction): void {
    transaction.execute(
      named(
        'device.removeAboveCap',
        `DELETE FROM devices
          WHERE id IN (SELECT id FROM devices WHERE user_id = $1
                        ORDER BY forgotten_at IS NULL DESC, last_seen_at DESC, id OFFSET $2)`,
      ),
      [device.user_id, MAX_DEVICES - 1],
    );
    transaction.execute(
      named(
        'device.add',
        `INSERT INTO devices (id, user_id, digest) VALUES ($1, $2, $3)
         ON CONFLICT (user_id, digest) DO UPDATE
            SET id = excluded.id, first_seen_at = now(), last_seen_at = now(),
                forgotten_at = NULL, forgotten_by = NULL`,
      ),
      [device.id, device.user_id, device.digest],
    );
    this.mirror(device.user_id, transaction);
  }

  /** Records that a known device has signed in, under a digest of the current key. */
  recordUse(
    userId: string,
    { id, digest }: Pick<Device, 'id' | 'digest'>,
    transaction: Transaction,
  ): void {
    transaction.execute(
      named(
        'device.recordUse',
        'UPDATE devices SET last_seen_at = now(), digest = $2 WHERE id = $1',
      ),
      [id, digest],
    );
    this.mirror(userId, transaction);
  }

  /**
   * Forgets devices of a user.
   *
   * @param ids `'all'`: all of them.
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
            AND ($2::uuid[] IS NULL OR id = ANY ($2))`,
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
