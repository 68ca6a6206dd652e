import type { ClientSession } from '../clients/client';
import type { Account } from './account';
import type { Device } from './device';

/** Why a session of an owner may end before its time, as its row has it. */
type OwnDoing = 'logout' | 'replaced';

/** How long a sign-in may take, beside the minute that it is. */
const MARGIN_MINUTES = 1;

/** A session that an owner has opened. */
export interface OwnerSession extends ClientSession {
  readonly account: Account;
  readonly device: Device;
  readonly remembered: boolean;
  /** Whether the account knew the device before this sign-in. */
  readonly knewDevice: boolean;
}

/** What owners have opened and ended: what the service's rows are compared with. */
export class OwnerSessions {
  private readonly opened = new Map<string, OwnerSession>();
  private readonly ended = new Map<string, OwnDoing>();
  private endedLately: string[] = [];
  /** The last session of each device, unless its owner has signed out of it. */
  private readonly current = new Map<Device, OwnerSession>();
  private readonly knownDevices = new Map<Device, Set<Account>>();

  /**
   * Notes a sign-in, which replaces the session that the device had before.
   *
   * @returns whether there was one.
   */
  open(
    device: Device,
    session: Omit<OwnerSession, 'device' | 'knewDevice'>,
    minute: number,
  ): boolean {
    const known = this.knownDevices.get(device) ?? new Set<Account>();
    this.opened.set(session.id, {
      ...session,
      device,
      knewDevice: known.has(session.account),
    });
    const before = this.current.get(device);
    this.current.set(device, this.opened.get(session.id)!);
    this.knownDevices.set(device, known.add(session.account));
    if (before === undefined) return false;
    this.ended.set(before.id, 'replaced');
    // What has so little time left expires before it is replaced, or not: both are right.
    const mustEnd = before.expires > minute + MARGIN_MINUTES;
    if (mustEnd) this.endedLately.push(before.id);
    return mustEnd;
  }

  /** Notes a sign-out: a device that was not remembered is forgotten with it. */
  signOut(session: OwnerSession): void {
    this.ended.set(session.id, 'logout');
    this.endedLately.push(session.id);
    this.current.delete(session.device);
    if (!session.remembered) this.knownDevices.get(session.device)?.delete(session.account);
  }

  find(id: string): OwnerSession | undefined {
    return this.opened.get(id);
  }

  /** How the owner has ended a session, if they have. */
  endingOf(id: string): OwnDoing | undefined {
    return this.ended.get(id);
  }

  /** Those that owners have ended since this was asked last. */
  takeEnded(): string[] {
    const ended = this.endedLately;
    this.endedLately = [];
    return ended;
  }
}
