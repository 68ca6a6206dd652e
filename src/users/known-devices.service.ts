import { randomUUID } from 'node:crypto';

import { Injectable } from '@nestjs/common';

import type { ClientContext } from '../context/client-context';
import { ContextDigests } from '../context/context-digests.service';
import { newDeviceSecret } from '../context/device-cookie';
import { presentedDevice } from '../context/presented-device';
import type { Queryable, Transaction } from '../database/database.service';
import { DeviceRepository } from './device.repository';
import type { User } from './user.entity';

/** Stands in for the user of an address without one, so that the same work is done. */
const NOBODY = '00000000-0000-4000-8000-000000000000';

/** A device secret of a request that the account knows. */
export interface KnownDevice {
  readonly id: string;
  readonly secret: string;
  /** Whether it is stored as the first release did, with a digest that is not keyed for the user. */
  readonly isOfFirstRelease: boolean;
}

/** The device that somebody signs in on. */
export interface SignInDevice {
  /** `devices.id`. */
  readonly id: string;
  /** Of its secret, keyed for the user. */
  readonly digest: string;
  /** Whether the account knew it before this sign-in. */
  readonly wasKnown: boolean;
  /** The new secret that the browser must be given, if it needs one. */
  readonly newSecret: string | undefined;
}

/**
 * The one place that answers "is this a known device of this account"
 * (docs/reference/owner-or-stranger.md#known-device).
 */
@Injectable()
export class KnownDevices {
  constructor(
    private readonly repository: DeviceRepository,
    private readonly digests: ContextDigests,
  ) {}

  /**
   * Finds the known device that a request presents. The work is the same for an address without a
   * user, and for a client without a secret.
   *
   * @param userId `null` for an address without a user.
   */
  async find(
    userId: string | null,
    context: ClientContext,
    queryable: Queryable,
  ): Promise<KnownDevice | undefined> {
    const byDigest = this.secretsByDigest(userId, context);
    const digests = [...byDigest.keys()];
    const found = await this.repository.findKnown(userId ?? NOBODY, digests, queryable);
    const secret = byDigest.get(found?.digest ?? '');
    if (found === undefined || secret === undefined) return undefined;
    const isOfFirstRelease = this.digests.matches(found.digest, secret);
    return { id: found.id, secret, isOfFirstRelease };
  }

  /**
   * The digests under which `devices` may have the device that a request presents: none for a client
   * without a secret.
   *
   * @param userId `null` for an address without a user: the work is the same.
   */
  candidates(userId: string | null, context: ClientContext): string[] {
    return [...this.secretsByDigest(userId, context).keys()];
  }

  private secretsByDigest(userId: string | null, context: ClientContext): Map<string, string> {
    const device = presentedDevice(context);
    const secrets = device?.kind === 'secret' ? device.values : [];
    const owner = userId ?? NOBODY;
    return new Map(
      secrets.flatMap((secret) =>
        [
          ...this.digests.secretCandidates(owner, secret),
          // The form of the first release.
          ...this.digests.candidates(secret),
        ].map((digest) => [digest, secret] as const),
      ),
    );
  }

  /**
   * Records that a user signs in on the device that a request presents. A browser gets a new secret
   * unless the account knows one of those that it has: a secret that was planted there or copied
   * before must be worth nothing. The caller has locked the user's row.
   *
   * @param known the result of `find`, from before this sign-in.
   * @returns `undefined` when the request presents no device secret.
   */
  recordSignIn(
    user: Pick<User, 'id'>,
    context: ClientContext,
    known: KnownDevice | undefined,
    transaction: Transaction,
  ): SignInDevice | undefined {
    const device = presentedDevice(context);
    if (device?.kind !== 'secret') return undefined;
    // An app's secret is its own: nobody else can have put it into the app's storage.
    const newSecret =
      device.source === 'cookie' && known?.isOfFirstRelease !== false
        ? newDeviceSecret()
        : undefined;
    const secret = newSecret ?? known?.secret ?? device.values[0];
    const digest = this.digests.secret(user.id, secret);
    const id = known?.id ?? randomUUID();
    if (known === undefined) this.repository.add({ id, user_id: user.id, digest }, transaction);
    else this.repository.recordUse(user.id, { id, digest }, transaction);
    return { id, digest, wasKnown: known !== undefined, newSecret };
  }

  /** Forgets all devices of a user. */
  forgetAll(userId: string, transaction: Transaction): void {
    this.repository.forget(userId, 'all', null, transaction);
  }
}
