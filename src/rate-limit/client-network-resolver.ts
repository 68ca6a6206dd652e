import type { IncomingMessage } from 'node:http';

/** Tells which client network a request comes from, as the trusted proxies report it. */
export interface ClientNetworkResolver {
  /** @returns an IPv4 address, or the /64 of an IPv6 address. */
  resolve(request: IncomingMessage): string;
}

export const ClientNetworkResolver = Symbol('ClientNetworkResolver');
