import { Injectable } from '@nestjs/common';

import type { Pseudonym } from '../crypto/pseudonyms.service';
import type { Queryable, Transaction } from '../database/database.service';
import { named } from '../database/named-sql';

@Injectable()
export class SubjectRepository {
  /**
   * Finds or creates the subject of a pseudonym. It writes in either case, so that it takes the
   * same time for a new address as for a known one.
   *
   * @param id the id of the row, if it is new.
   * @returns the subject's id.
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
   * Moves a subject that was created under another key to the current one. While the keys are being
   * swapped, two instances with different current keys may move it back and forth, and neither sees
   * the other's uncommitted changes. The lock makes each wait for the other. Otherwise the address
   * could end up with two subjects, one of which cannot be found once its key is removed.
   */
  redigest(
    tenantId: string,
    earlier: readonly Pseudonym[],
    current: Pseudonym,
    transaction: Transaction,
  ): void {
    // Sorted, because both instances hold the same keys in different order.
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

  /** Finds all subjects of an address: more than one only during a key rotation. */
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
