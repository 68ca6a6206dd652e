import { isIPv4 } from 'node:net';

import type ipaddr from 'ipaddr.js';

import { canonicalIpAddress, parseCanonicalAddress } from './ip-address';

const IPV4_BITS = 32;
const IPV6_BITS = 128;

/** Bits before the IPv4 part of an IPv4-mapped IPv6 address (RFC 4291, section 2.5.5.2). */
const IPV4_MAPPED_BITS = 96;

const DOT = '.'.charCodeAt(0);
const ZERO = '0'.charCodeAt(0);

/** The proxies whose `X-Forwarded-For` is trusted. */
export interface TrustedProxies {
  /** @param address a canonical IP address. */
  includes(address: string): boolean;
}

interface CidrBlock {
  readonly network: ipaddr.IPv4 | ipaddr.IPv6;
  /** Leading bits that an address in the block shares with `network`. */
  readonly bits: number;
}

/**
 * Reads a list of networks in CIDR notation (RFC 4632, section 3.1; RFC 4291, section 2.3). A
 * single address stands for itself, and an IPv4-mapped IPv6 block for its IPv4 block. A block of
 * all addresses is refused: it would let every client forge its address.
 *
 * @param list for example `['10.0.0.0/8', '2001:db8::/32', '192.0.2.1']`.
 * @throws TypeError naming the position of the first wrong entry, never its value.
 */
export function parseCidrList(list: readonly string[]): TrustedProxies {
  const blocks = list.map((entry, position) => {
    const block = parseCidr(entry);
    if (block === undefined) {
      throw new TypeError(
        `trustedProxies[${position.toString()}] must be an IP address or a block in CIDR notation, such as 10.0.0.0/8, and not a block of all addresses.`,
      );
    }
    return block;
  });
  const ipv4Blocks = blocks.filter(isIpv4Block).map(({ network, bits }) => ({
    network: ipv4Number(network.toString()),
    ignoredBits: IPV4_BITS - bits,
  }));
  const ipv6Blocks = blocks.filter((block) => !isIpv4Block(block));
  return {
    includes(address) {
      if (isIPv4(address)) {
        if (ipv4Blocks.length === 0) return false;
        const number = ipv4Number(address);
        // No block ignores all 32 bits: `>>> 32` would shift by nothing.
        return ipv4Blocks.some(
          ({ network, ignoredBits }) => (number ^ network) >>> ignoredBits === 0,
        );
      }
      if (ipv6Blocks.length === 0) return false;
      const parsed = parseCanonicalAddress(address);
      return ipv6Blocks.some(({ network, bits }) => parsed.match(network, bits));
    },
  };
}

/** Runs on every request behind a proxy: comparing numbers allocates no objects. */
function ipv4Number(address: string): number {
  let number = 0;
  let part = 0;
  for (let index = 0; index < address.length; index += 1) {
    const code = address.charCodeAt(index);
    if (code === DOT) {
      number = (number << 8) | part;
      part = 0;
    } else {
      part = part * 10 + code - ZERO;
    }
  }
  return (number << 8) | part;
}

function isIpv4Block({ network }: CidrBlock): boolean {
  return network.kind() === 'ipv4';
}

function parseCidr(entry: string): CidrBlock | undefined {
  const [, text = '', prefix] = /^([0-9A-Fa-f:.]+)(?:\/(\d{1,3}))?$/.exec(entry.trim()) ?? [];
  const address = canonicalIpAddress(text);
  if (address === undefined) return undefined;

  const network = parseCanonicalAddress(address);
  const width = network.kind() === 'ipv4' ? IPV4_BITS : IPV6_BITS;
  if (prefix === undefined) return { network, bits: width };

  const mapped = width === IPV4_BITS && text.includes(':');
  const bits = Number(prefix) - (mapped ? IPV4_MAPPED_BITS : 0);
  return bits >= 1 && bits <= width ? { network, bits } : undefined;
}
