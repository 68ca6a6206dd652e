import { Injectable } from '@nestjs/common';

import type { Transaction } from '../database/database.service';
import { named } from '../database/named-sql';

/** The key of the advisory lock, which no other lock uses: 'mira' and 'tidy' in ASCII. */
const CLEAN_UP_LOCK = [0x6d697261, 0x74696479] as const;

/** Lets one instance clean up at a time. */
@Injectable()
export class CleanUpLockRepository {
  /**
   * Takes the lock until the transaction ends, unless another transaction holds it. A session-level
   * lock would be left behind by a pooler, which gives each transaction another connection. And one
   * transaction for a whole run would hold a connection while others are needed.
   *
   * @returns whether the lock was taken.
   */
  async tryTake(transaction: Transaction): Promise<boolean> {
    const row = await transaction.queryOne<{ is_taken: boolean }>(
      named('clean-up-lock.tryTake', 'SELECT pg_try_advisory_xact_lock($1, $2) AS is_taken'),
      [...CLEAN_UP_LOCK],
    );
    return row.is_taken;
  }
}
