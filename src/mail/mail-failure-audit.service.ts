import { Injectable } from '@nestjs/common';

import { AuditRecorder } from '../audit/audit-recorder.service';
import { NO_ORIGIN } from '../audit/security-event';
import { DEFAULT_TENANT } from '../common/default-tenant';
import type { Transaction } from '../database/database';
import type { MailFailureSink } from './mail-failure-sink';
import type { MailOutboxRow } from './mail-outbox.entity';

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
