import { Injectable } from '@nestjs/common';

import type { Queryable } from '../database/database.service';
import { named } from '../database/named-sql';
import type { UserSession } from './user-session.entity';

/** Whose a session is, and whether it goes on. */
type OwnedSession = Pick<UserSession, 'id' | 'user_id'> & { readonly is_live: boolean };

/** A session's device, and whether that is known for less than a day. */
type ActingSession = Pick<UserSession, 'device_id' | 'device_fingerprint'> & {
  readonly is_new: boolean;
};

/** Looks up what is asked of a session before it or another one is ended. */
@Injectable()
export class SessionOwnerRepository {
  /** The session that ends others. */
  async findActing(id: string, queryable: Queryable): Promise<ActingSession | undefined> {
    const [row] = await queryable.query<ActingSession>(
      named(
        'session.findActing',
        `SELECT session.device_id, session.device_fingerprint,
                coalesce(device.first_seen_at, session.created_at)
                  > now() - interval '1 day' AS is_new
           FROM user_sessions session
           LEFT JOIN devices device ON device.id = session.device_id
          WHERE session.id = $1`,
      ),
      [id],
    );
    return row;
  }

  /** Whose a session is, whatever its state. */
  async findOwner(id: string, queryable: Queryable): Promise<OwnedSession | undefined> {
    const [row] = await queryable.query<OwnedSession>(
      named(
        'session.findOwner',
        `SELECT id, user_id, is_active AND expires_at > now() AS is_live
           FROM user_sessions WHERE id = $1`,
      ),
      [id],
    );
    return row;
  }
}
