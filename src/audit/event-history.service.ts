import { Injectable } from '@nestjs/common';

import { InvalidRequestError } from '../common/errors';
import { Database } from '../database/database.service';
import { AuditSubjects } from './audit-subjects.service';
import { type EventRow, SecurityEventRepository } from './security-event.repository';

export interface EventPage {
  readonly events: readonly EventRow[];
  /** The cursor of the next page; `null` on the last one. */
  readonly nextCursor: string | null;
}

/** Reads the audit trail for the people whom its events are about. */
@Injectable()
export class EventHistory {
  constructor(
    private readonly database: Database,
    private readonly repository: SecurityEventRepository,
    private readonly subjects: AuditSubjects,
  ) {}

  /** Finds one event, with its personal part unless that has been erased. */
  async find(eventId: string): Promise<EventRow | undefined> {
    return this.repository.find(eventId, this.database);
  }

  /**
   * Lists the events about a user and about the user's address, newest first.
   *
   * @param page.limit the most events on a page.
   * @param page.cursor `nextCursor` of the previous page.
   * @throws InvalidRequestError (`invalid_request`) when the cursor was not issued by `ofUser`.
   */
  async ofUser(
    user: { readonly id: string; readonly tenantId: string; readonly email: string },
    page: { readonly limit: number; readonly cursor: string | undefined },
  ): Promise<EventPage> {
    const beforeSeq = page.cursor === undefined ? undefined : decodeCursor(page.cursor);
    const subjectIds = await this.subjects.findAll(user.tenantId, user.email, this.database);
    // One event more than requested shows whether there is another page.
    const rows = await this.repository.listAbout(
      { userId: user.id, subjectIds },
      { limit: page.limit + 1, beforeSeq },
      this.database,
    );
    const events = rows.slice(0, page.limit);
    const last = rows.length > page.limit ? events.at(-1) : undefined;
    return { events, nextCursor: last === undefined ? null : encodeCursor(last.seq) };
  }
}

function encodeCursor(seq: string): string {
  return Buffer.from(seq, 'ascii').toString('base64url');
}

function decodeCursor(cursor: string): string {
  const seq = Buffer.from(cursor, 'base64url').toString('latin1');
  if (!/^[1-9]\d{0,17}$/.test(seq) || encodeCursor(seq) !== cursor) {
    throw new InvalidRequestError([{ field: 'cursor', message: 'must be a next_cursor' }]);
  }

  return seq;
}
