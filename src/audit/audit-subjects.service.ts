import { randomUUID } from 'node:crypto';

import { Injectable } from '@nestjs/common';

import { Pseudonyms } from '../crypto/pseudonyms.service';
import type { Queryable, Transaction } from '../database/database.service';
import { SubjectRepository } from './subject.repository';

/** Stands in for addresses in the trail: a random id that only a keyed digest leads to. */
@Injectable()
export class AuditSubjects {
  constructor(
    private readonly pseudonyms: Pseudonyms,
    private readonly repository: SubjectRepository,
  ) {}

  /**
   * The subject of an address, known or not.
   *
   * @param address in canonical form.
   * @returns its id.
   */
  async getOrCreate(tenantId: string, address: string, transaction: Transaction): Promise<string> {
    const [current, ...earlier] = this.pseudonyms.ofAddress(tenantId, address);
    if (earlier.length > 0) this.repository.redigest(tenantId, earlier, current, transaction);
    return this.repository.getOrCreate(randomUUID(), tenantId, current, transaction);
  }

  /** Every subject that an address has; none when nothing was recorded about it. */
  async findAll(tenantId: string, address: string, queryable: Queryable): Promise<string[]> {
    return this.repository.find(tenantId, this.pseudonyms.ofAddress(tenantId, address), queryable);
  }
}
