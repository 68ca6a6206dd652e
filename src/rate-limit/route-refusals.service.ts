import { Injectable } from '@nestjs/common';

import { AuditRecorder } from '../audit/audit-recorder.service';
import { DEFAULT_TENANT } from '../common/default-tenant';
import type { RequestInfo } from '../context/request-context';
import { Database } from '../database/database.service';
import { RouteHitRepository } from './route-hit.repository';

/** Records that the limit on routes has begun to refuse a client network. */
@Injectable()
export class RouteRefusals {
  constructor(
    private readonly database: Database,
    private readonly hits: RouteHitRepository,
    private readonly audit: AuditRecorder,
  ) {}

  /**
   * Records a refusal if it is the first within a window. Further ones cost a read, but no write.
   *
   * @param key of the limit that has refused the hit.
   * @throws UnavailableError (`unavailable`).
   */
  async record(key: string, windowMilliseconds: number, request: RequestInfo): Promise<void> {
    if (await this.hits.isRefusalRecorded(key, windowMilliseconds)) return;
    await this.database.transaction(async (transaction) => {
      if (!(await this.hits.recordRefusal(key, windowMilliseconds, transaction))) return;
      await this.audit.record(
        [{ type: 'rate_limit.exceeded', tenantId: DEFAULT_TENANT, details: { limit: 'routes' } }],
        request,
        transaction,
      );
    });
  }
}
