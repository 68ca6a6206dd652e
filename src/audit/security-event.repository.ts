import { Injectable } from '@nestjs/common';

import type { Queryable, Transaction } from '../database/database.service';
import { named } from '../database/named-sql';

/** A new event, as it is written to the two tables. */
export interface NewEventRow {
  readonly id: string;
  readonly type: string;
  readonly severity: string;
  readonly tenant_id: string;
  readonly subject_id: string | null;
  readonly user_id: string | null;
  readonly session_id: string | null;
  readonly magic_link_id: string | null;
  readonly request_id: string | null;
  readonly reason: string | null;
  readonly details: object;
  readonly personal_hash: string;
  readonly salt: Buffer;
  readonly ip_address: string | null;
  readonly user_agent: string | null;
}

/** An event as it is read, with its personal part unless that has been erased. */
export interface EventRow {
  readonly seq: string;
  readonly id: string;
  readonly type: string;
  readonly occurred_at: Date;
  readonly session_id: string | null;
  readonly reason: string | null;
  readonly details: Record<string, unknown>;
  readonly ip_address: string | null;
  readonly user_agent: string | null;
}

const SELECT_EVENTS = `
  SELECT event.seq, event.id, event.type, event.occurred_at, event.session_id, event.reason,
         event.details, host(personal.ip_address) AS ip_address, personal.user_agent
    FROM security_events event
    LEFT JOIN security_event_personal personal ON personal.event_id = event.id`;

@Injectable()
export class SecurityEventRepository {
  /** Appends an event with its personal part, after those that were appended earlier. */
  append(row: NewEventRow, transaction: Transaction): void {
    transaction.execute(
      named(
        'security-event.append',
        `WITH event AS (
           INSERT INTO security_events
                  (id, type, severity, tenant_id, subject_id, user_id, session_id, magic_link_id,
                   request_id, reason, details, personal_hash)
           VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)
         )
         INSERT INTO security_event_personal (event_id, salt, ip_address, user_agent)
         VALUES ($1, $13, $14, $15)`,
      ),
      [
        row.id,
        row.type,
        row.severity,
        row.tenant_id,
        row.subject_id,
        row.user_id,
        row.session_id,
        row.magic_link_id,
        row.request_id,
        row.reason,
        row.details,
        row.personal_hash,
        row.salt,
        row.ip_address,
        row.user_agent,
      ],
    );
  }

  async find(id: string, queryable: Queryable): Promise<EventRow | undefined> {
    const [row] = await queryable.query<EventRow>(
      named('security-event.find', `${SELECT_EVENTS} WHERE event.id = $1`),
      [id],
    );
    return row;
  }

  /**
   * Lists one page of the events about a user or one of the given subjects, newest first. Leaves out
   * events of other users, who may have had the address before.
   *
   * @param page.beforeSeq `seq` of the previous page's last event; `undefined` for the first page.
   */
  async listAbout(
    about: { readonly userId: string; readonly subjectIds: readonly string[] },
    page: { readonly limit: number; readonly beforeSeq: string | undefined },
    queryable: Queryable,
  ): Promise<EventRow[]> {
    return queryable.query<EventRow>(
      named(
        'security-event.listAbout',
        `${SELECT_EVENTS}
          WHERE (event.user_id = $1
                 OR (event.user_id IS NULL AND event.subject_id = ANY ($2::uuid[])))
            AND ($3::bigint IS NULL OR event.seq < $3)
          ORDER BY event.seq DESC
          LIMIT $4`,
      ),
      [about.userId, about.subjectIds, page.beforeSeq ?? null, page.limit],
    );
  }
}
