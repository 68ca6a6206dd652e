import { randomUUID } from 'node:crypto';

import { Injectable } from '@nestjs/common';

import { Pseudonyms } from '../crypto/pseudonyms.service';
import type { Queryable, Transaction } from '../database/database.service';
import { SubjectRepository } from './subject.repository';

/** Replaces addresses in the audit trail by random ids, which only a keyed digest leads to. */
@Injectable()
export class AuditSubjects {
  constructor(
    private readonly pseudonyms: Pseudonyms,
    private readonly repository: SubjectRepository,
  ) {}

  /**
   * Finds or creates the subject of an address.
   *
   * @param address in canonical form.
   * @returns the subject's id.
   */
  async getOrCreate(tenantId: string, address: string, transaction: Transaction): Promise<string> {
    const [current, ...earlier] = this.pseudonyms.ofAddress(tenantId, address);
    if (earlier.length > 0) this.repository.redigest(tenantId, earlier, current, transaction);
    return this.repository.getOrCreate(randomUUID(), tenantId, current, transaction);
  }

  /** Finds all subjects of an address: none when nothing was recorded about it. */
  async findAll(tenantId: string, address: string, queryable: Queryable): Promise<string[]> {
    return this.repository.find(tenantId, this.pseudonyms.ofAddress(tenantId, address), queryable);
  }
}
