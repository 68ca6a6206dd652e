import { Injectable } from '@nestjs/common';

import type { Transaction } from '../database/database.service';
import { named } from '../database/named-sql';

/** At 10, codes are off for 15 minutes, doubling to a day (docs/reference/security.md#lockout). */
const WRONG_CODES_PER_LOCKOUT = 10;
const FIRST_LOCKOUT_SECONDS = 15 * 60;
const LONGEST_LOCKOUT_SECONDS = 24 * 60 * 60;

/** What a wrong code has led to. */
export interface CountedWrongCode {
  /** This one turned the address's codes off. */
  readonly has_locked: boolean;
  readonly lockout_seconds: number;
}

@Injectable()
export class CodeLockoutRepository {
  /**
   * Locks the count of an address until the transaction ends, making it if there is none. What was
   * counted under other keys is counted on under the current one. The caller holds the address.
   *
   * @param key of the address under the current master key.
   * @param otherKeys of the address under the other ones: a rotation starts no count anew.
   * @returns whether the address's codes are off now.
   */
  async lockAndCheck(
    key: string,
    otherKeys: readonly string[],
    transaction: Transaction,
  ): Promise<boolean> {
    const row = await transaction.queryOne<{ is_locked: boolean }>(
      named(
        'code-lockout.lockAndCheck',
        `WITH other AS (
           DELETE FROM code_lockouts WHERE key = ANY ($2) RETURNING wrong_codes, locked_until
         )
         INSERT INTO code_lockouts AS stored (key, wrong_codes, locked_until)
         SELECT $1, coalesce(sum(wrong_codes), 0), max(locked_until) FROM other
         ON CONFLICT (key) DO UPDATE
            SET wrong_codes = stored.wrong_codes + excluded.wrong_codes,
                locked_until = greatest(stored.locked_until, excluded.locked_until),
                updated_at = now()
         RETURNING coalesce(locked_until > now(), false) AS is_locked`,
      ),
      [key, otherKeys],
    );
    return row.is_locked;
  }

  /** Counts a wrong code for an address whose count is locked by the transaction. */
  async countWrongCode(key: string, transaction: Transaction): Promise<CountedWrongCode> {
    const row = await transaction.queryOne<CountedWrongCode>(
      named(
        'code-lockout.countWrongCode',
        `UPDATE code_lockouts
            SET wrong_codes = counted.total,
                locked_until = CASE WHEN counted.has_locked
                                    THEN now() + make_interval(secs => counted.lockout_seconds)
                                    ELSE locked_until END
           FROM (SELECT total, total % $2 = 0 AS has_locked,
                        least($3 * 2 ^ least(total / $2 - 1, 30), $4) AS lockout_seconds
                   FROM (SELECT wrong_codes + 1 AS total
                           FROM code_lockouts WHERE key = $1) AS next) AS counted
          WHERE key = $1
         RETURNING counted.has_locked, counted.lockout_seconds`,
      ),
      [key, WRONG_CODES_PER_LOCKOUT, FIRST_LOCKOUT_SECONDS, LONGEST_LOCKOUT_SECONDS],
    );
    return row;
  }

  /**
   * Reads how many wrong codes were counted for an address.
   *
   * @param keys of the address, one for each master key that is held.
   */
  async wrongCodes(keys: readonly string[], transaction: Transaction): Promise<number> {
    const { total } = await transaction.queryOne<{ total: number }>(
      named(
        'code-lockout.wrongCodes',
        `SELECT coalesce(sum(wrong_codes), 0)::integer AS total
           FROM code_lockouts WHERE key = ANY ($1)`,
      ),
      [keys],
    );
    return total;
  }

  /**
   * Forgets the wrong codes of an address, and with them its lockout.
   *
   * @returns how many they were.
   */
  async forgive(keys: readonly string[], transaction: Transaction): Promise<number> {
    const { total } = await transaction.queryOne<{ total: number }>(
      named(
        'code-lockout.forgive',
        `WITH forgiven AS (DELETE FROM code_lockouts WHERE key = ANY ($1) RETURNING wrong_codes)
         SELECT coalesce(sum(wrong_codes), 0)::integer AS total FROM forgiven`,
      ),
      [keys],
    );
    return total;
  }
}
