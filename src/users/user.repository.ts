import { Injectable } from '@nestjs/common';

import type { Queryable, Transaction } from '../database/database.service';
import { named } from '../database/named-sql';
import type { User } from './user.entity';

/** A user's row, locked against other sign-ins. */
export type LockedUserRow = User & {
  /** Whether an operator's lock on the account is in force now, by the database's clock. */
  readonly is_locked: boolean;
};

export interface NewUser {
  readonly id: string;
  readonly tenantId: string;
  /** In canonical form. */
  readonly email: string;
  /** Where the user has signed up from. */
  readonly ipAddress: string;
}

@Injectable()
export class UserRepository {
  /**
   * Creates a user who has just signed in, unless the address has one.
   *
   * The statement names no conflict target: the table has two unique constraints on addresses, and
   * naming one would leave a race on the other.
   *
   * @returns whether the user was created.
   */
  async createIfAbsent(user: NewUser, transaction: Transaction): Promise<boolean> {
    const created = await transaction.modify(
      named(
        'user.createIfAbsent',
        `INSERT INTO users (id, tenant_id, email, email_verified, last_login_at, updated_at,
                            known_ip_addresses)
         VALUES ($1, $2, $3, true, now(), now(), ARRAY[$4::inet])
         ON CONFLICT DO NOTHING`,
      ),
      [user.id, user.tenantId, user.email, user.ipAddress],
    );
    return created === 1;
  }

  /**
   * Finds the user of an address and locks the row until the transaction ends, so that sign-ins and
   * revocations of one user happen one after the other.
   */
  async lockByEmail(
    tenantId: string,
    email: string,
    transaction: Transaction,
  ): Promise<LockedUserRow | undefined> {
    const [row] = await transaction.query<LockedUserRow>(
      named(
        'user.lockByEmail',
        `SELECT *, coalesce(account_locked_until > now(), false) AS is_locked
           FROM users WHERE tenant_id = $1 AND email = $2
            FOR NO KEY UPDATE`,
      ),
      [tenantId, email],
    );
    return row;
  }

  /** The address of a user, in canonical form. */
  async findEmail(userId: string, queryable: Queryable): Promise<string | undefined> {
    const [row] = await queryable.query<{ email: string }>(
      named('user.findEmail', 'SELECT email FROM users WHERE id = $1'),
      [userId],
    );
    return row?.email;
  }

  /** Locks a user's row until the transaction ends. */
  async lock(userId: string, transaction: Transaction): Promise<void> {
    await transaction.query(
      named('user.lock', 'SELECT FROM users WHERE id = $1 FOR NO KEY UPDATE'),
      [userId],
    );
  }

  /** Removes an IP address from those that a user has signed in from. */
  forgetIpAddress(userId: string, ipAddress: string, transaction: Transaction): void {
    transaction.execute(
      named(
        'user.forgetIpAddress',
        `UPDATE users SET known_ip_addresses = array_remove(known_ip_addresses, $2) WHERE id = $1`,
      ),
      [userId, ipAddress],
    );
  }

  setFailedLoginCount(userId: string, count: number, transaction: Transaction): void {
    transaction.execute(
      named('user.setFailedLoginCount', 'UPDATE users SET failed_login_count = $2 WHERE id = $1'),
      [userId, count],
    );
  }

  /** Records a sign-in in a row that `lockByEmail` has locked. */
  recordSignIn(
    userId: string,
    knownIpAddresses: readonly string[],
    transaction: Transaction,
  ): void {
    transaction.execute(
      named(
        'user.recordSignIn',
        `UPDATE users
            SET email_verified = true, last_login_at = now(), updated_at = now(),
                known_ip_addresses = $2
          WHERE id = $1`,
      ),
      [userId, knownIpAddresses],
    );
  }
}
