import { Injectable } from '@nestjs/common';

import type { Pseudonym } from '../crypto/pseudonyms.service';
import type { Queryable, Transaction } from '../database/database.service';
import { named } from '../database/named-sql';

@Injectable()
export class SubjectRepository {
  /**
   * The subject of a pseudonym, made if there is none. It writes in either case, so that it takes
   * the same time for an address that was never seen as for one that was.
   *
   * @param id for the row, if it is new.
   */
  async getOrCreate(
    id: string,
    tenantId: string,
    pseudonym: Pseudonym,
    transaction: Transaction,
  ): Promise<string> {
    const row = await transaction.queryOne<{ id: string }>(
      named(
        'subject.getOrCreate',
        `INSERT INTO subjects (id, tenant_id, address_digest, key_id) VALUES ($1, $2, $3, $4)
         ON CONFLICT (tenant_id, address_digest) DO UPDATE SET key_id = EXCLUDED.key_id
         RETURNING id`,
      ),
      [id, tenantId, pseudonym.digest, pseudonym.keyId],
    );
    return row.id;
  }

  /**
   * Moves a subject that was made under an earlier key to the current one. Before and after a swap
   * of the keys two instances move it to and fro, and neither sees what the other has not
   * committed: each waits for the other, or the address would end up with two subjects, one of
   * which nobody finds once its key is gone.
   */
  redigest(
    tenantId: string,
    earlier: readonly Pseudonym[],
    current: Pseudonym,
    transaction: Transaction,
  ): void {
    // Both hold the same keys, in another order.
    const digests = [current, ...earlier].map(({ digest }) => digest).sort();
    transaction.execute(
      named('subject.lockDigests', 'SELECT pg_advisory_xact_lock(hashtextextended($1, 0))'),
      [`subject ${tenantId} ${digests.join(' ')}`],
    );
    transaction.execute(
      named(
        'subject.redigest',
        `UPDATE subjects SET address_digest = $3, key_id = $4
          WHERE tenant_id = $1
            AND id = (SELECT id FROM subjects
                       WHERE tenant_id = $1 AND address_digest = ANY ($2) LIMIT 1)
            AND NOT EXISTS (SELECT FROM subjects WHERE tenant_id = $1 AND address_digest = $3)`,
      ),
      [tenantId, earlier.map(({ digest }) => digest), current.digest, current.keyId],
    );
  }

  /** Every subject of one address: more than one only in the midst of a rotation. */
  async find(
    tenantId: string,
    pseudonyms: readonly Pseudonym[],
    queryable: Queryable,
  ): Promise<string[]> {
    const rows = await queryable.query<{ id: string }>(
      named(
        'subject.find',
        'SELECT id FROM subjects WHERE tenant_id = $1 AND address_digest = ANY ($2)',
      ),
      [tenantId, pseudonyms.map(({ digest }) => digest)],
    );
    return rows.map(({ id }) => id);
  }
}
