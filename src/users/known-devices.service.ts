import { randomUUID } from 'node:crypto';

import { Injectable } from '@nestjs/common';

import type { ClientContext } from '../context/client-context';
import { ContextDigests } from '../context/context-digests.service';
import { MAX_BROWSER_SECRETS, newDeviceSecret } from '../context/device/device-cookie';
import { presentedDevice, presentedSecrets } from '../context/device/presented-device';
import type { Queryable, Transaction } from '../database/database.service';
import { DeviceRepository } from './device.repository';
import type { User } from './user.entity';

/** Stands in for the user of an address without one, so that the same work is done. */
const NOBODY = '00000000-0000-4000-8000-000000000000';

interface KnownDevice {
  readonly id: string;
  /** As stored. */
  readonly digest: string;
  readonly secret: string;
  /** Whether it is stored as the first release did, with a digest that is not keyed for the user. */
  readonly isOfFirstRelease: boolean;
}

/** What an account knows of the device that a request presents. */
export interface FoundDevice {
  readonly known: KnownDevice | undefined;
  /** Presented secrets that the account has known and forgotten. */
  readonly forgotten: readonly string[];
}

/** For somebody whose account knows no device. */
export const NO_DEVICE: FoundDevice = { known: undefined, forgotten: [] };

/** The device that somebody signs in on. */
export interface SignInDevice {
  /** `devices.id`. */
  readonly id: string;
  /** Of its secret, keyed for the user. */
  readonly digest: string;
  /** Whether the account knew it before this sign-in. */
  readonly wasKnown: boolean;
  /** The secrets that the browser must hold from now on, if others than it has sent. */
  readonly browserSecrets: readonly string[] | undefined;
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

  /** Finds the device that a request presents among those of a user. */
  async find(userId: string, context: ClientContext, queryable: Queryable): Promise<FoundDevice> {
    const byDigest = this.secretsByDigest(userId, context);
    if (byDigest.size === 0) return NO_DEVICE;
    const rows = await this.repository.find(userId, [...byDigest.keys()], queryable);
    const secretOf = ({ digest }: { readonly digest: string }): string =>
      byDigest.get(digest) ?? '';
    const known = rows.find((row) => row.is_known);
    return {
      known: known && {
        id: known.id,
        digest: known.digest,
        secret: secretOf(known),
        isOfFirstRelease: this.digests.matches(known.digest, secretOf(known)),
      },
      forgotten: rows.filter((row) => !row.is_known).map(secretOf),
    };
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
    const owner = userId ?? NOBODY;
    return new Map(
      presentedSecrets(context).flatMap((secret) =>
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
   * @param found the result of `find`, from before this sign-in.
   * @returns `undefined` when the request presents no device secret.
   */
  recordSignIn(
    user: Pick<User, 'id'>,
    context: ClientContext,
    { known, forgotten }: FoundDevice,
    transaction: Transaction,
  ): SignInDevice | undefined {
    const device = presentedDevice(context);
    if (device?.kind !== 'secret') return undefined;
    // An app's secret is its own: nobody else can have put it into the app's storage.
    const isApp = device.source === 'header';
    const isTrusted = known !== undefined && !known.isOfFirstRelease;
    const presented = known?.secret ?? device.values[0];
    const secret = isApp || isTrusted ? presented : newDeviceSecret();
    const id = known?.id ?? randomUUID();
    const digest = this.digests.secret(user.id, secret);
    if (known?.digest === digest) this.repository.recordUse(id, transaction);
    else {
      const digests = [...this.candidates(user.id, context), digest];
      this.repository.put({ id, user_id: user.id, digest }, digests, transaction);
    }

    const others = device.values.filter((one) => one !== secret && !forgotten.includes(one));
    const isHeld =
      isApp || (secret === device.values[0] && others.length === device.values.length - 1);
    return {
      id,
      digest,
      wasKnown: known !== undefined,
      browserSecrets: isHeld ? undefined : [secret, ...others].slice(0, MAX_BROWSER_SECRETS),
    };
  }

  /** Forgets all devices of a user. */
  forgetAll(userId: string, transaction: Transaction): void {
    this.repository.forget(userId, 'all', null, transaction);
  }
}
