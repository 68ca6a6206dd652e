import type { ClientSession } from '../clients/client';
import type { Account } from './account';
import type { Device } from './device';

/** Why a session of an owner may end before its time, as its row has it. */
type OwnDoing = 'logout' | 'replaced';

/** What has so little time left may expire before it is replaced. */
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
  /** Per device, those that are not known to have ended. */
  private readonly current = new Map<Device, OwnerSession[]>();
  private readonly knownDevices = new Map<Device, Set<Account>>();

  /** Notes a sign-in, which replaces what the device had before. @returns how many it replaced. */
  open(
    device: Device,
    session: Omit<OwnerSession, 'device' | 'knewDevice'>,
    minute: number,
  ): number {
    const known = this.knownDevices.get(device) ?? new Set<Account>();
    this.opened.set(session.id, {
      ...session,
      device,
      knewDevice: known.has(session.account),
    });
    const replaced = this.takeCurrent(device, minute);
    for (const { id } of replaced) this.end(id, 'replaced');
    this.current.set(device, [this.opened.get(session.id)!]);
    this.knownDevices.set(device, known.add(session.account));
    return replaced.length;
  }

  /** Notes a sign-out: a device that was not remembered is forgotten with it. */
  signOut(session: OwnerSession): void {
    this.end(session.id, 'logout');
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

  private end(id: string, how: OwnDoing): void {
    this.ended.set(id, how);
    this.endedLately.push(id);
  }

  private takeCurrent(device: Device, minute: number): OwnerSession[] {
    const current = this.current.get(device) ?? [];
    this.current.delete(device);
    return current.filter(({ expires }) => expires > minute + MARGIN_MINUTES);
  }
}
