import { Injectable } from '@nestjs/common';

import {
  DedicatedConnection,
  type NotificationHandler,
} from '../../database/dedicated-connection.service';
import { named } from '../../database/named-sql';
import { NotificationCheck } from '../../database/notification-check.service';

/** Triggers notify all instances here, in the transaction that ends a session. */
const REVOCATION_CHANNEL = 'mira_session_revocations';

/** The most that one poll returns. When there are more, an instance drops its whole cache. */
const MAX_REVOCATIONS = 10_000;

/** The result of one poll for revocations. */
export interface RevocationSnapshotRow {
  /** The current time by the database's clock. */
  readonly now: Date;
  /** The snapshot of this poll, from which the next one continues. */
  readonly snapshot: string;
  /** Distinguishes servers: after a failover the next poll may reach another one. */
  readonly server_started_at: string;
  /** Whether it saw at least as far as the previous poll. `false` for the first. */
  readonly follows: boolean;
  /** What the previous poll could not see, cut after `MAX_REVOCATIONS` and one more. */
  readonly revocations: readonly {
    readonly session_token_hash: string | null;
    readonly user_id: string | null;
  }[];
  readonly is_cut: boolean;
}

/** Reads revocations on the dedicated connection, so that a busy pool cannot delay them. */
@Injectable()
export class SessionRevocationRepository {
  constructor(
    private readonly connection: DedicatedConnection,
    private readonly notifications: NotificationCheck,
  ) {}

  subscribe(handler: NotificationHandler): void {
    this.connection.subscribe(REVOCATION_CHANNEL, handler);
    this.notifications.start();
  }

  /**
   * Reads the revocations that have become visible since an earlier poll. Transactions commit in
   * another order than they begin, so neither times nor ids show what is new; only snapshots do.
   * A transaction that the earlier snapshot could not see was in progress then or began later, so
   * its id is at or above the snapshot's `xmin`. Rows restored from another server's backup may
   * have ids that this server has not reached yet; they are skipped.
   *
   * @param since the snapshot of the previous poll; `null` for the first, which finds nothing.
   * @throws UnavailableError (`unavailable`).
   */
  async poll(since: string | null): Promise<RevocationSnapshotRow> {
    const row = await this.connection.queryOne<RevocationSnapshotRow>(
      named(
        'session-revocation.poll',
        `WITH unseen AS MATERIALIZED (
           SELECT session_token_hash, user_id
             FROM session_revocations
            WHERE xact >= pg_snapshot_xmin($1::pg_snapshot)
              AND xact < pg_snapshot_xmax(pg_current_snapshot())
              AND NOT pg_visible_in_snapshot(xact, $1::pg_snapshot)
            LIMIT $2 + 1
         )
         SELECT now() AS now,
                pg_current_snapshot()::text AS snapshot,
                pg_postmaster_start_time()::text AS server_started_at,
                coalesce(pg_snapshot_xmax($1::pg_snapshot)
                           <= pg_snapshot_xmax(pg_current_snapshot()), false) AS follows,
                (SELECT count(*) > $2 FROM unseen) AS is_cut,
                (SELECT coalesce(jsonb_agg(unseen), '[]') FROM unseen) AS revocations`,
      ),
      [since, MAX_REVOCATIONS],
    );
    return row;
  }
}
