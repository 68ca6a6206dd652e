import { Injectable } from '@nestjs/common';

import type { Transaction } from '../database/database.service';
import { named } from '../database/named-sql';

/**
 * Every 10 wrong codes turn an address's codes off: first for 15 minutes, then for twice as long
 * each time, up to a day (docs/reference/security.md#lockout).
 */
const WRONG_CODES_PER_LOCKOUT = 10;
const FIRST_LOCKOUT_SECONDS = 15 * 60;
const LONGEST_LOCKOUT_SECONDS = 24 * 60 * 60;

/** The effect of counting a wrong code. */
export interface CountedWrongCode {
  /** Whether this one turned the address's codes off. */
  readonly has_locked: boolean;
  readonly lockout_seconds: number;
}

@Injectable()
export class CodeLockoutRepository {
  /**
   * Locks the count of an address until the transaction ends, creating it if there is none. Counts
   * under other keys are moved to the current one. The caller has locked the address.
   *
   * @param key of the address under the current master key.
   * @param otherKeys of the address under other master keys, so that a rotation resets no count.
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

  /** Counts a wrong code for an address whose count the transaction has locked. */
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
   * @param keys of the address, one for each master key that this process holds.
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
   * Deletes the wrong-code count of an address, and with it the lockout.
   *
   * @returns how many wrong codes were counted.
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
