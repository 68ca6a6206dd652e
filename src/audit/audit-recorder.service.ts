import { randomBytes, randomUUID } from 'node:crypto';

import { Injectable } from '@nestjs/common';

import type { RequestInfo } from '../context/request-context';
import type { Transaction } from '../database/database.service';
import { personalHash } from './personal-hash';
import { EVENT_SEVERITY, type SecurityEvent } from './security-event';
import { type NewEventRow, SecurityEventRepository } from './security-event.repository';

const SALT_BYTES = 16;

/**
 * Records events in the transaction of the change that they describe, so that either both are
 * written or neither is (docs/guide.md, section 6.1; docs/reference/security.md#failing).
 */
@Injectable()
export class AuditRecorder {
  constructor(private readonly repository: SecurityEventRepository) {}

  /**
   * Appends events to the audit trail.
   *
   * @param events in the order in which they happened.
   * @returns their ids, in the same order.
   */
  async record(
    events: readonly SecurityEvent[],
    request: RequestInfo,
    transaction: Transaction,
  ): Promise<string[]> {
    const rows = events.map((event) => toRow(event, request));
    rows.forEach((row) => this.repository.append(row, transaction));
    return rows.map(({ id }) => id);
  }
}

function toRow(event: SecurityEvent, request: RequestInfo): NewEventRow {
  const salt = randomBytes(SALT_BYTES);
  return {
    id: randomUUID(),
    type: event.type,
    severity: EVENT_SEVERITY[event.type],
    tenant_id: event.tenantId,
    subject_id: event.subjectId ?? null,
    user_id: event.userId ?? null,
    session_id: event.sessionId ?? null,
    magic_link_id: event.magicLinkId ?? null,
    request_id: request.requestId,
    reason: 'reason' in event ? event.reason : null,
    details: event.details,
    personal_hash: personalHash(salt, request),
    salt,
    ip_address: request.ipAddress,
    user_agent: request.userAgent,
  };
}
