import { Inject, Injectable } from '@nestjs/common';

import { RESOLVED_OPTIONS, type ResolvedAuthOptions } from '../config/resolved-options';
import type { Transaction } from '../database/database.service';
import type { User } from './user.entity';
import { type LockedUserRow, UserRepository } from './user.repository';

/** How many of `users.known_ip_addresses` are kept (docs/reference/data.md#users). */
const MAX_KNOWN_ADDRESSES = 20;

/** Somebody who has just proven a mailbox. */
export interface ProvenAddress {
  /** The id for a new user, if the address has none. */
  readonly newUserId: string;
  readonly tenantId: string;
  /** In canonical form. */
  readonly email: string;
  readonly ipAddress: string;
}

/** The result of looking for the user of an address. */
export interface FoundUser {
  /** The locked row; `undefined` when the address has no user. */
  readonly user: LockedUserRow | undefined;
  /** Whether the user has just been created. */
  readonly isNew: boolean;
}

/** Why somebody may not sign in despite having proven the mailbox. */
export type UserRefusalCode = 'sign_up_disabled' | 'account_disabled' | 'account_locked';

export interface SignedInUser {
  readonly user: User;
  /** Whether the account has just been created. */
  readonly isNew: boolean;
  /**
   * Whether the account existed before anybody had proven its mailbox. Its sessions and devices may
   * then be a stranger's and must end (docs/reference/security.md#first-proof-of-a-mailbox).
   */
  readonly isFirstProof: boolean;
}

/** Finds, creates and updates the users who sign in. */
@Injectable()
export class UsersService {
  constructor(
    private readonly repository: UserRepository,
    @Inject(RESOLVED_OPTIONS) private readonly options: Pick<ResolvedAuthOptions, 'magicLink'>,
  ) {}

  /**
   * Finds or creates the user of a proven address. The user's row stays locked until the
   * transaction ends.
   */
  async findOrCreate(proven: ProvenAddress, transaction: Transaction): Promise<FoundUser> {
    const { tenantId, email } = proven;
    const [isNew, user] = await Promise.all([
      !this.options.magicLink.disableSignUp &&
        this.repository.createIfAbsent(
          { id: proven.newUserId, tenantId, email, ipAddress: proven.ipAddress },
          transaction,
        ),
      this.repository.lockByEmail(tenantId, email, transaction),
    ]);
    return { user, isNew };
  }

  /** @returns the user of a proven address, or the code of why they may not sign in. */
  admit({ user }: FoundUser): LockedUserRow | UserRefusalCode {
    if (user === undefined) return 'sign_up_disabled';
    if (!user.is_active) return 'account_disabled';
    return user.is_locked ? 'account_locked' : user;
  }

  /** Records the sign-in of a user whom `admit` has returned. */
  recordSignIn(
    user: LockedUserRow,
    isNew: boolean,
    proven: ProvenAddress,
    transaction: Transaction,
  ): SignedInUser {
    if (isNew) return { user, isNew, isFirstProof: false };
    const isFirstProof = !user.email_verified;
    this.repository.recordSignIn(
      user.id,
      withNewest(user.known_ip_addresses, proven.ipAddress, MAX_KNOWN_ADDRESSES),
      transaction,
    );
    return { user, isNew, isFirstProof };
  }

  /** Stores in a user's locked row how many wrong codes preceded a sign-in. */
  recordFailedLogins(user: User, count: number, transaction: Transaction): void {
    if (user.failed_login_count === count) return;
    this.repository.setFailedLoginCount(user.id, count, transaction);
  }
}

function withNewest(values: readonly string[], newest: string, limit: number): string[] {
  return [...values.filter((value) => value !== newest), newest].slice(-limit);
}
