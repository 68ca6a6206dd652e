import type { IncomingHttpHeaders } from 'node:http';

import { clientAddress } from './client-address';
import { type ClientContext, parseDeviceFingerprint } from './client-context';
import { type DeviceCookieProfiles, readDeviceCookies } from './device-cookie';
import { parseCidrList, type TrustedProxies } from './trusted-proxies';
import { normaliseUserAgent } from './user-agent';

/** The parts of a request that are read, whichever HTTP server it comes from. */
export interface ContextRequest {
  readonly headers: IncomingHttpHeaders;
  readonly socket: { readonly remoteAddress?: string | undefined };
}

/** Reads the client's address, user agent and device from a request. */
export class ClientContextReader {
  private readonly trustedProxies: TrustedProxies;

  /**
   * @param trustedProxies in CIDR notation.
   * @param deviceCookies the cookies that hold a browser's device secrets.
   * @throws TypeError naming the first entry that is not an address or a CIDR block.
   */
  constructor(
    trustedProxies: readonly string[],
    private readonly deviceCookies: DeviceCookieProfiles,
  ) {
    this.trustedProxies = parseCidrList(trustedProxies);
  }

  /** @throws InvalidRequestError (`invalid_request`) when `X-Device-Fingerprint` is malformed. */
  read(request: ContextRequest): ClientContext {
    return {
      ipAddress: this.ipAddress(request),
      userAgent: this.userAgent(request),
      deviceFingerprint: parseDeviceFingerprint(request.headers['x-device-fingerprint']),
      deviceCookie: readDeviceCookies(request.headers.cookie, this.deviceCookies),
    };
  }

  /** Only the client's address, in canonical form. */
  ipAddress(request: ContextRequest): string {
    return clientAddress({
      socketAddress: request.socket.remoteAddress,
      forwardedFor: request.headers['x-forwarded-for'],
      trustedProxies: this.trustedProxies,
    });
  }

  /** Only the user agent, normalised and cut to the length that is stored. */
  userAgent(request: ContextRequest): string {
    return normaliseUserAgent(request.headers['user-agent']);
  }
}
