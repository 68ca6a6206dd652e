import { Injectable } from '@nestjs/common';

import {
  DedicatedConnection,
  type NotificationHandler,
} from '../../database/dedicated-connection.service';
import { named } from '../../database/named-sql';
import { NotificationCheck } from '../../database/notification-check.service';

/** What is told to all instances when a session has ended; by a trigger, with the change itself. */
const REVOCATION_CHANNEL = 'mira_session_revocations';

/** So many in one look are not told one by one: an instance then forgets everything. */
const MOST_REVOCATIONS = 10_000;

/** One look at what was revoked. */
export interface RevocationLookRow {
  /** Now, by the database's clock. */
  readonly now: Date;
  /** What this look could see, for the next one to begin from. */
  readonly snapshot: string;
  /** Tells servers apart: the next look may reach another one, after a failover. */
  readonly server_started_at: string;
  /** It could see at least as far as the look before. `false` for the first. */
  readonly follows: boolean;
  /** What the look before could not see; more than `MOST_REVOCATIONS` are cut. */
  readonly revocations: readonly {
    readonly session_token_hash: string | null;
    readonly user_id: string | null;
  }[];
  readonly is_cut: boolean;
}

/**
 * Reads what was revoked, on the dedicated connection: a busy pool must not keep an instance from
 * hearing of it.
 */
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
   * Everything whose revocation has become visible since an earlier look. Transactions commit in
   * another order than they begin, so that neither times nor numbers tell what is new: snapshots
   * do. What an earlier snapshot could not see was either in progress then or began later; both
   * are at or above its `xmin`. Rows that were restored from another server's backup may bear
   * numbers that are yet to come; they tell nothing.
   *
   * @param since the snapshot of the look before; `null` for the first, which finds nothing.
   * @throws UnavailableError (`unavailable`).
   */
  async look(since: string | null): Promise<RevocationLookRow> {
    const row = await this.connection.queryOne<RevocationLookRow>(
      named(
        'session-revocation.look',
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
      [since, MOST_REVOCATIONS],
    );
    return row;
  }
}
