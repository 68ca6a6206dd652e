import { Inject, Injectable } from '@nestjs/common';

import { RESOLVED_OPTIONS, type ResolvedAuthOptions } from '../config/resolved-options';
import { ContextDigests } from '../context/context-digests.service';
import type { Transaction } from '../database/database.service';
import type { User } from './user.entity';
import { type LockedUserRow, UserRepository } from './user.repository';

/** How many of `users.known_ip_addresses` are kept (docs/reference/data.md#users). */
const KNOWN_ADDRESSES = 20;

/** As many devices as a person is asked to remember; the oldest is forgotten first. */
const REMEMBERED_DEVICES = 20;

/** Somebody who has just proven a mailbox. */
export interface ProvenAddress {
  /** For the user, if the address has none. */
  readonly newUserId: string;
  readonly tenantId: string;
  /** In canonical form. */
  readonly email: string;
  readonly ipAddress: string;
  readonly deviceFingerprint: string | undefined;
  readonly rememberDevice: boolean;
}

/** The user of an address, whose row is locked; `undefined` without one. */
export interface FoundUser {
  readonly user: LockedUserRow | undefined;
  /** Made just now. */
  readonly isNew: boolean;
}

/** Why somebody who has proven the mailbox may not sign in. */
export type UserRefusalCode = 'sign_up_disabled' | 'account_disabled' | 'account_locked';

export interface SignedInUser {
  readonly user: User;
  /** There was no account before. */
  readonly isNew: boolean;
  /**
   * The account was there before anybody had proven its mailbox, so that whatever hangs on it may
   * be a stranger's: it must end (docs/reference/security.md#first-proof-of-a-mailbox).
   */
  readonly isFirstProof: boolean;
}

/** The people who sign in. */
@Injectable()
export class UsersService {
  constructor(
    private readonly repository: UserRepository,
    private readonly digests: ContextDigests,
    @Inject(RESOLVED_OPTIONS) private readonly options: Pick<ResolvedAuthOptions, 'magicLink'>,
  ) {}

  /**
   * Finds or makes the user of a proven address. The user's row stays locked until the transaction
   * ends.
   */
  async findOrCreate(proven: ProvenAddress, transaction: Transaction): Promise<FoundUser> {
    const { tenantId, email } = proven;
    const [isNew, user] = await Promise.all([
      !this.options.magicLink.disableSignUp &&
        this.repository.createIfAbsent(
          {
            id: proven.newUserId,
            tenantId,
            email,
            ipAddresses: [proven.ipAddress],
            deviceIds: this.rememberedDevices([], proven),
          },
          transaction,
        ),
      this.repository.lockByEmail(tenantId, email, transaction),
    ]);
    return { user, isNew };
  }

  /** @returns the user of a proven address, or the code of the reason why they may not sign in. */
  admit({ user }: FoundUser): LockedUserRow | UserRefusalCode {
    if (user === undefined) return 'sign_up_disabled';
    if (!user.is_active) return 'account_disabled';
    return user.is_locked ? 'account_locked' : user;
  }

  /** Records the sign-in of a user who was admitted. */
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
      {
        ipAddresses: withNewest(user.known_ip_addresses, proven.ipAddress, KNOWN_ADDRESSES),
        deviceIds: this.rememberedDevices(isFirstProof ? [] : user.trusted_device_ids, proven),
      },
      transaction,
    );
    return { user, isNew, isFirstProof };
  }

  /** Mirrors to a user, whose row is locked, how many wrong codes preceded a sign-in. */
  recordFailedLogins(user: User, count: number, transaction: Transaction): void {
    if (user.failed_login_count === count) return;
    this.repository.setFailedLoginCount(user.id, count, transaction);
  }

  private rememberedDevices(deviceIds: readonly string[], proven: ProvenAddress): string[] {
    const { deviceFingerprint: fingerprint } = proven;
    if (fingerprint === undefined) return [...deviceIds];
    const others = deviceIds.filter((id) => !this.digests.matches(id, fingerprint));
    const isKnown = others.length < deviceIds.length;
    // A device that is seen again gets its digest under the current key.
    return proven.rememberDevice || isKnown
      ? withNewest(others, this.digests.fingerprint(fingerprint), REMEMBERED_DEVICES)
      : others;
  }
}

function withNewest(values: readonly string[], newest: string, most: number): string[] {
  return [...values.filter((value) => value !== newest), newest].slice(-most);
}
