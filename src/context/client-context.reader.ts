import type { IncomingHttpHeaders } from 'node:http';

import { clientAddress } from './client-address';
import { type ClientContext, parseDeviceFingerprint } from './client-context';
import { readDeviceCookie } from './device-cookie';
import { parseCidrList, type TrustedProxies } from './trusted-proxies';
import { normaliseUserAgent } from './user-agent';

/** What is needed of a request, of whichever HTTP server. */
export interface ContextRequest {
  readonly headers: IncomingHttpHeaders;
  readonly socket: { readonly remoteAddress?: string | undefined };
}

/** Reads from a request where it came from and what it says of its client. */
export class ClientContextReader {
  private readonly trustedProxies: TrustedProxies;

  /**
   * @param trustedProxies in CIDR notation.
   * @param deviceCookieName the cookie by which browsers are known that send no fingerprint.
   * @throws TypeError naming the entry that is no network.
   */
  constructor(
    trustedProxies: readonly string[],
    private readonly deviceCookieName: string,
  ) {
    this.trustedProxies = parseCidrList(trustedProxies);
  }

  /** @throws InvalidRequestError (`invalid_request`) when `X-Device-Fingerprint` is of a wrong form. */
  read(request: ContextRequest): ClientContext {
    return {
      ipAddress: this.ipAddress(request),
      userAgent: this.userAgent(request),
      // A header is always meant; a cookie may be sent by a browser unasked.
      deviceFingerprint:
        parseDeviceFingerprint(request.headers['x-device-fingerprint']) ??
        readDeviceCookie(request.headers.cookie, this.deviceCookieName),
    };
  }

  /** The client's address alone, canonical. */
  ipAddress(request: ContextRequest): string {
    return clientAddress({
      socketAddress: request.socket.remoteAddress,
      forwardedFor: request.headers['x-forwarded-for'],
      trustedProxies: this.trustedProxies,
    });
  }

  /** What the client calls itself, alone; never longer than what is stored. */
  userAgent(request: ContextRequest): string {
    return normaliseUserAgent(request.headers['user-agent']);
  }
}
