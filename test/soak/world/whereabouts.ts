import { MINUTES_A_DAY } from '../time/start';
import { cafe, homeLine, mobile, type Network, office, privateRelay } from './networks';
import type { Random } from './random';

/** How often a provider gives a line new addresses. */
const LEASE_DAYS = 10;
const CAFES = 40;

/** Where a person is at the hours of the day, and by which network each of their devices is there. */
export interface Habits {
  /** The number of their line at home. */
  readonly line: number;
  readonly carrier: number;
  /** The number of their office, if they go to one. */
  readonly office: number | undefined;
}

export interface Mobility {
  /** Takes the carrier's network on the way, and often elsewhere. */
  readonly isPhone: boolean;
  readonly usesRelay: boolean;
}

/** @returns the network that a device is in at a minute, which a part of it is chance. */
export function whereabouts(
  habits: Habits,
  { isPhone, usesRelay }: Mobility,
  random: Random,
): (minute: number) => Network {
  return (minute) => {
    if (usesRelay) return privateRelay;
    const day = Math.floor(minute / MINUTES_A_DAY);
    const hour = (minute % MINUTES_A_DAY) / 60;
    const home = homeLine(habits.line, Math.floor((day + (habits.line % LEASE_DAYS)) / LEASE_DAYS));
    const onTheWay = isPhone ? mobile(habits.carrier, random) : home;
    const isWorkday = day % 7 < 5;
    if (isPhone && random.chance(0.15)) return onTheWay;
    if (random.chance(0.05)) return cafe(random.between(1, CAFES));
    const isCommuting = (hour >= 7.5 && hour < 9) || (hour >= 17 && hour < 18.5);
    if (isWorkday && isCommuting) return onTheWay;
    const isAtWork = isWorkday && hour >= 9 && hour < 17;
    return isAtWork && habits.office !== undefined ? office(habits.office) : home;
  };
}
