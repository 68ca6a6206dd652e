import type { Random } from './random';

/** Where a client is: each connection it makes from there may have another address. */
export type Network = (random: Random) => string;

const IPV6_GROUP = 0xffff;

function group(number: number): string {
  return (number & IPV6_GROUP).toString(16);
}

/** The low 64 bits of an address that keeps its owner's privacy. */
function interfaceOf(random: Random): string {
  return Array.from({ length: 4 }, () => group(random.between(1, IPV6_GROUP))).join(':');
}

/** A line with both protocols: browsers take either, and the provider changes both now and then. */
export function homeLine(line: number, lease: number): Network {
  const customer = line * 8 + (lease % 8);
  const v4 = `82.${customer >> 16}.${(customer >> 8) & 255}.${customer & 255}`;
  const prefix = `2a02:8100:${group(customer)}:${group(lease)}`;
  return (random) => (random.chance(0.5) ? v4 : `${prefix}:${interfaceOf(random)}`);
}

/** All of an office go out by one address. */
export function office(number: number): Network {
  return () => `193.104.${number >> 8}.${number & 255}`;
}

/** A public Wi-Fi. */
export function cafe(number: number): Network {
  return () => `91.18.${number >> 8}.${number & 255}`;
}

/** A phone's attachment to its carrier: an address that thousands share, or a /64 of its own. */
export function mobile(carrier: number, random: Random): Network {
  const v4 = `80.${187 + carrier}.${random.between(0, 3)}.${random.between(1, 254)}`;
  const prefix = `2a01:59${carrier}:${group(random.between(0, IPV6_GROUP))}:${group(random.between(0, IPV6_GROUP))}`;
  return (chance) => (chance.chance(0.6) ? v4 : `${prefix}:${interfaceOf(chance)}`);
}

/** A relay that hides where a browser is: another address, and another region, for each request. */
export const privateRelay: Network = (random) =>
  random.chance(0.5)
    ? `172.224.${random.between(0, 63)}.${random.between(1, 254)}`
    : `2a02:26f7:${group(random.between(1, 64))}:${group(random.between(1, IPV6_GROUP))}:${interfaceOf(random)}`;

/** Where the programs run that scan mails. */
export const cloud: Network = (random) =>
  `40.94.${random.between(0, 15)}.${random.between(1, 254)}`;

/** Where thieves are: nowhere near anybody. */
export const lair: Network = (random) =>
  random.chance(0.7)
    ? `45.${random.between(128, 159)}.${random.between(0, 255)}.${random.between(1, 254)}`
    : `2a0c:5700:${group(random.between(1, IPV6_GROUP))}:${group(random.between(1, IPV6_GROUP))}:${interfaceOf(random)}`;
