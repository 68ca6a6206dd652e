import { Injectable } from '@nestjs/common';

import type { Transaction } from '../../database/database.service';
import { named } from '../../database/named-sql';

/** Blocks of the table that one statement scans: some hundreds of rows. */
const BLOCKS_PER_STATEMENT = 8;

/** The result for one range of blocks of the table. */
export interface DeletedLimits {
  readonly deleted: number;
  /** Where the next range begins; `null` at the end of the table. */
  readonly nextBlock: number | null;
}

/**
 * Deletes limits and markers that have expired. Scans the table range by range instead of using an
 * index on `expires_at`: every attempt changes that column, and the index would make each attempt
 * write a fifth more to the write-ahead log.
 */
@Injectable()
export class RateLimitRetentionRepository {
  /**
   * Deletes the expired rows of one range. Rows that an attempt has locked are left for later.
   *
   * @param fromBlock the first block of the range; `0` for the first range.
   */
  async deleteExpired(fromBlock: number, transaction: Transaction): Promise<DeletedLimits> {
    const toBlock = fromBlock + BLOCKS_PER_STATEMENT;
    const row = await transaction.queryOne<{ deleted: number; is_last: boolean }>(
      named(
        'rate-limit-retention.deleteExpired',
        `WITH gone AS (
           DELETE FROM rate_limits
            WHERE key = ANY (ARRAY(
                    SELECT key FROM rate_limits
                     WHERE ctid >= format('(%s,0)', $1::bigint)::tid
                       AND ctid < format('(%s,0)', $2::bigint)::tid
                       AND expires_at < clock_timestamp()
                       FOR UPDATE SKIP LOCKED))
           RETURNING 1
         )
         SELECT count(*)::integer AS deleted,
                pg_relation_size('rate_limits') <= $2 * current_setting('block_size')::bigint
                  AS is_last
           FROM gone`,
      ),
      [fromBlock, toBlock],
    );
    return { deleted: row.deleted, nextBlock: row.is_last ? null : toBlock };
  }
}
