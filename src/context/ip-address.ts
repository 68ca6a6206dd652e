import { isIP, isIPv4 } from 'node:net';

import ipaddr from 'ipaddr.js';

/** IPv4 addresses inside IPv6 (RFC 4291, section 2.5.5.2), as a dual-stack socket reports them. */
const IPV4_MAPPED_PREFIX = '::ffff:';

/** Prefix length of one subscriber: nobody is assigned less than a /64 (RFC 6177). */
const IPV6_CLIENT_NETWORK_BITS = 64;

/** Prefix lengths within which `balanced` takes a changed address for the same place. */
const IPV4_NEARBY_BITS = 24;
const IPV6_NEARBY_BITS = 48;

/**
 * How two addresses relate. `same`: one IPv4 address, one IPv6 /64, or both loopback.
 * `nearby`: one IPv4 /24 or IPv6 /48. `other_family`: one is IPv4 and one is IPv6, which says
 * nothing about the place. `elsewhere`: none of these.
 */
export type NetworkRelation = 'same' | 'nearby' | 'other_family' | 'elsewhere';

/**
 * The canonical spelling of an IP address: IPv4-mapped IPv6 becomes IPv4, a zone id is dropped,
 * IPv6 is compressed and in lower case (RFC 5952).
 *
 * @param text any text. Only what `net.isIP` accepts is an address: no octal, hexadecimal or short
 *   forms of IPv4, no port, no brackets.
 * @returns the canonical address, or `undefined` if the text is not an address.
 */
export function canonicalIpAddress(text: string): string | undefined {
  const version = isIP(text);
  if (version === 4) return text;
  if (version === 0) return undefined;

  const mapped = text.startsWith(IPV4_MAPPED_PREFIX) ? text.slice(IPV4_MAPPED_PREFIX.length) : '';
  if (isIPv4(mapped)) return mapped;

  const zone = text.indexOf('%');
  const address = zone === -1 ? text : text.slice(0, zone);
  return ipaddr.process(withoutDottedTail(address)).toString();
}

/**
 * Parses a canonical address. For IPv4 this costs a third of `ipaddr.parse`, which also reads
 * non-canonical forms. Behind a proxy it runs on every request.
 *
 * @throws Error for text that is not an address.
 */
export function parseCanonicalAddress(address: string): ipaddr.IPv4 | ipaddr.IPv6 {
  return isIPv4(address)
    ? new ipaddr.IPv4(address.split('.').map(Number))
    : ipaddr.IPv6.parse(address);
}

/**
 * The network that limits and pauses count as one client.
 *
 * @param address a canonical address.
 * @returns an IPv4 address as it is, an IPv6 address as its /64 in CIDR notation.
 */
export function clientNetwork(address: string): string {
  if (isIPv4(address)) return address;
  const network = ipaddr.IPv6.networkAddressFromCIDR(
    `${address}/${IPV6_CLIENT_NETWORK_BITS.toString()}`,
  );
  return `${network.toString()}/${IPV6_CLIENT_NETWORK_BITS.toString()}`;
}

/**
 * Compares the addresses of two requests. Text that is not an address is `elsewhere`, unless both
 * texts are equal.
 */
export function relateNetworks(first: string, second: string): NetworkRelation {
  if (first === second) return 'same';
  const a = canonicalIpAddress(first);
  const b = canonicalIpAddress(second);
  if (a === undefined || b === undefined) return 'elsewhere';
  if (a === b || (isLoopback(a) && isLoopback(b))) return 'same';

  const left = parseCanonicalAddress(a);
  const right = parseCanonicalAddress(b);
  if (left.kind() !== right.kind()) return 'other_family';
  if (left.kind() === 'ipv4') return left.match(right, IPV4_NEARBY_BITS) ? 'nearby' : 'elsewhere';
  if (left.match(right, IPV6_CLIENT_NETWORK_BITS)) return 'same';
  return left.match(right, IPV6_NEARBY_BITS) ? 'nearby' : 'elsewhere';
}

/** Whether two addresses are within one IPv4 /24 or one IPv6 /48, or both loopback. */
export function isNearbyNetwork(first: string, second: string): boolean {
  const relation = relateNetworks(first, second);
  return relation === 'same' || relation === 'nearby';
}

/** RFC 1122, section 3.2.1.3 (127.0.0.0/8); RFC 4291, section 2.5.3. */
function isLoopback(address: string): boolean {
  return address === '::1' || address.startsWith('127.');
}

/**
 * Rewrites a dotted IPv4 tail in hexadecimal. ipaddr.js would read `::192.0.2.1`, which is a
 * distinct IPv6 address (RFC 4291, section 2.5.5.1), as the IPv4 address 192.0.2.1.
 */
function withoutDottedTail(address: string): string {
  const tail = address.slice(address.lastIndexOf(':') + 1);
  if (!isIPv4(tail)) return address;
  const [a = 0, b = 0, c = 0, d = 0] = tail.split('.').map(Number);
  const groups = `${(a * 256 + b).toString(16)}:${(c * 256 + d).toString(16)}`;
  return address.slice(0, -tail.length) + groups;
}
