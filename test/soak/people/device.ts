import type { Client } from '../clients/client';
import type { Network } from '../world/networks';
import type { Random } from '../world/random';
import type { Account } from './account';

/** Something that a person signs in on. */
export interface Device {
  readonly name: string;
  readonly client: Client;
  readonly random: Random;
  /** More than one where several accounts are used in one browser. */
  readonly accounts: readonly [Account, ...Account[]];
  /** Whether its owner has it remembered, mostly. */
  readonly remembers: boolean;
  /** The chance that it is used on a day. */
  readonly busyness: number;
  /** The network that it is in at a minute. */
  whereabouts(minute: number): Network;
  /** What `client` sends after "request desktop site", where it has that. */
  desktopSite(): string | undefined;
}
