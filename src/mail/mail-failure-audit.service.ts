import { Injectable } from '@nestjs/common';

import { AuditRecorder } from '../audit/audit-recorder.service';
import { DEFAULT_TENANT } from '../common/default-tenant';
import type { Transaction } from '../database/database';
import type { MailFailureSink } from './mail-failure-sink';
import type { MailOutboxRow } from './mail-outbox.entity';

/** Mails are sent by a worker: no request is behind the event. */
const NO_ORIGIN = { ipAddress: null, userAgent: null, requestId: null };

/** Records mails that a server refused for good. */
@Injectable()
export class MailFailureAudit implements MailFailureSink {
  constructor(private readonly audit: AuditRecorder) {}

  async mailDied(row: MailOutboxRow, failure: string, transaction: Transaction): Promise<void> {
    await this.audit.record(
      [
        {
          type: 'mail.refused',
          tenantId: DEFAULT_TENANT,
          ...(row.magic_link_id === null ? {} : { magicLinkId: row.magic_link_id }),
          ...(row.user_id === null ? {} : { userId: row.user_id }),
          details: { kind: row.kind, failure },
        },
      ],
      NO_ORIGIN,
      transaction,
    );
  }
}
