import { AppClient } from '../clients/app-client';
import { Browser } from '../clients/browser';
import type { Client } from '../clients/client';
import type { Account, Scanning } from '../people/account';
import type { Device } from '../people/device';
import type { Stage } from '../stage';
import { MINUTES_A_DAY } from '../time/start';
import { type AgentKind, APPS, COMPUTERS, PHONES } from './agents';
import { Random } from './random';
import { type Habits, whereabouts } from './whereabouts';

/** Browsers and apps are updated so often. */
const UPDATE_DAYS = 14;

const PEOPLE_PER_OFFICE = 40;
const CARRIERS = 3;

/** All people's devices, and the accounts that they sign in with. */
export interface Population {
  readonly devices: readonly Device[];
  readonly accounts: ReadonlyMap<string, Account>;
}

export function populate(
  people: number,
  seed: number,
  stage: Pick<Stage, 'connection' | 'timeline'>,
): Population {
  const devices: Device[] = [];
  const accounts = new Map<string, Account>();
  for (let person = 0; person < people; person += 1) {
    const own = devicesOf(person, people, new Random(seed, person), stage);
    devices.push(...own);
    for (const account of own.flatMap((device) => device.accounts)) {
      accounts.set(account.email, account);
    }
  }
  return { devices, accounts };
}

function devicesOf(
  person: number,
  people: number,
  random: Random,
  stage: Pick<Stage, 'connection' | 'timeline'>,
): Device[] {
  const scanning: Scanning = random.chance(0.3)
    ? random.chance(0.3)
      ? 'opens and presses'
      : 'opens'
    : 'none';
  const email = (kind: string): string => `${kind}-${person}@example.com`;
  const main: Account = { email: email('person'), scanning, isSigningIn: false };
  const second: Account = { email: email('second'), scanning: 'none', isSigningIn: false };
  const offices = Math.ceil((people * 0.5) / PEOPLE_PER_OFFICE);
  const habits: Habits = {
    line: person,
    carrier: person % CARRIERS,
    office: random.chance(0.5) ? 1 + (person % offices) : undefined,
  };
  const remembers = random.chance(0.7);

  const device = (isPhone: boolean, accounts: Device['accounts']): Device => {
    const isApp = isPhone && random.chance(0.15);
    const agent: AgentKind = random.pick(isApp ? APPS : isPhone ? PHONES : COMPUTERS);
    const usesRelay = !isApp && agent.family === 'Safari' && random.chance(0.3);
    const phase = random.between(0, UPDATE_DAYS - 1);
    const updates = (): number =>
      Math.floor((stage.timeline.minute / MINUTES_A_DAY + phase) / UPDATE_DAYS);
    const { connection, timeline } = stage;
    const client: Client = isApp
      ? new AppClient(agent, random.secret(), updates, connection, timeline)
      : new Browser(agent, updates, connection, timeline);
    const means = isApp ? 'app' : usesRelay ? 'relay' : 'browser';
    const words = [agent.family, agent.system, means, remembers ? 'remembered' : 'not remembered'];
    return {
      name: `${isPhone ? 'phone' : 'computer'} of ${person} (${words.join(', ')})`,
      client,
      random,
      accounts,
      remembers,
      busyness: remembers ? 0.6 : 0.2,
      whereabouts: whereabouts(habits, { isPhone, usesRelay }, random),
      desktopSite: () => agent.desktopSite?.(updates()),
    };
  };

  const hasTwoAccounts = random.chance(0.05);
  const phone = device(true, [main]);
  if (hasTwoAccounts) return [phone, device(false, [main, second])];
  return random.chance(0.4) ? [phone, device(false, [main])] : [phone];
}
