import { Injectable } from '@nestjs/common';

import { InvalidRequestError } from '../common/errors';
import { Database } from '../database/database.service';
import { AuditSubjects } from './audit-subjects.service';
import { type EventRow, SecurityEventRepository } from './security-event.repository';

export interface EventPage {
  readonly events: readonly EventRow[];
  /** Continues after this page; `null` on the last one. */
  readonly nextCursor: string | null;
}

/** Reads the trail on behalf of the people it tells of. */
@Injectable()
export class EventHistory {
  constructor(
    private readonly database: Database,
    private readonly repository: SecurityEventRepository,
    private readonly subjects: AuditSubjects,
  ) {}

  /** One event, with its personal part where that still stands. */
  async find(eventId: string): Promise<EventRow | undefined> {
    return this.repository.find(eventId, this.database);
  }

  /**
   * What is recorded about a user and about the user's address, newest first.
   *
   * @param page.limit events on a page.
   * @param page.cursor `nextCursor` of the page before.
   * @throws InvalidRequestError (`invalid_request`) when the cursor is none of ours.
   */
  async ofUser(
    user: { readonly id: string; readonly tenantId: string; readonly email: string },
    page: { readonly limit: number; readonly cursor: string | undefined },
  ): Promise<EventPage> {
    const beforeSeq = page.cursor === undefined ? undefined : decodeCursor(page.cursor);
    const subjectIds = await this.subjects.findAll(user.tenantId, user.email, this.database);
    // One more than asked tells whether there is another page.
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
  if (!/^[1-9]\d{0,17}$/.test(seq) || encodeCursor(seq) !== cursor)
    throw new InvalidRequestError([{ field: 'cursor', message: 'must be a next_cursor' }]);

  return seq;
}
