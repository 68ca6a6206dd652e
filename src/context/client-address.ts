import { canonicalIpAddress } from './ip-address';
import type { TrustedProxies } from './trusted-proxies';

/**
 * Used when the socket has no address: the connection is already closed, or it is a Unix socket. No
 * host sends from this address (RFC 1122, section 3.2.1.3).
 */
const UNSPECIFIED_ADDRESS = '0.0.0.0';

/** The most hops to read, from the right. No real chain of proxies is this long. */
const MAX_HOPS = 64;

/** Longest hop, in characters: IPv6 text has at most 45, and a zone id may follow. */
const MAX_HOP_LENGTH = 64;

export interface ClientAddressSource {
  /** The peer of the TCP connection, as `socket.remoteAddress` gives it. */
  readonly socketAddress: string | undefined;
  /** The request's `X-Forwarded-For`. Other forwarding headers are ignored. */
  readonly forwardedFor: string | readonly string[] | undefined;
  readonly trustedProxies: TrustedProxies;
}

/**
 * The address that a request came from: the socket's, unless that is a trusted proxy. Then
 * `X-Forwarded-For` is read from the right, where our own proxies append, and the first hop that is
 * not a trusted proxy is the client. A hop that is not an IP address ends the search, and the proxy
 * that wrote it counts as the client: the client may have forged everything further left. If all
 * hops are trusted proxies, the leftmost is the client.
 *
 * @returns a canonical address, see {@link canonicalIpAddress}; `0.0.0.0` without a socket address.
 */
export function clientAddress(source: ClientAddressSource): string {
  const { forwardedFor, trustedProxies } = source;
  let address = canonicalIpAddress(source.socketAddress ?? '') ?? UNSPECIFIED_ADDRESS;
  if (forwardedFor === undefined || !trustedProxies.includes(address)) return address;

  for (const hop of hopsFromTheRight(forwardedFor)) {
    const forwarded = canonicalIpAddress(hop);
    if (forwarded === undefined) return address;
    address = forwarded;
    if (!trustedProxies.includes(address)) return address;
  }
  return address;
}

/** A repeated header counts as one list (RFC 9110, section 5.3). */
function* hopsFromTheRight(forwardedFor: string | readonly string[]): Generator<string> {
  const list = typeof forwardedFor === 'string' ? forwardedFor : forwardedFor.join(',');
  let end = list.length;
  for (let hops = 0; hops < MAX_HOPS && end >= 0; hops += 1) {
    const comma = end === 0 ? -1 : list.lastIndexOf(',', end - 1);
    const hop = list.slice(comma + 1, end).trim();
    yield hop.length <= MAX_HOP_LENGTH ? hop : '';
    end = comma;
  }
}
