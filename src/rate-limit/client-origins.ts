import type { IncomingMessage } from 'node:http';

import type { EventOrigin } from '../audit/security-event';

/** Tells where a request comes from, as the trusted proxies report it. */
export interface ClientOrigins {
  /** @returns an IPv4 address, or the /64 of an IPv6 address. */
  network(request: IncomingMessage): string;
  /** The same as the trail keeps it. */
  event(request: IncomingMessage): EventOrigin;
}

export const ClientOrigins = Symbol('ClientOrigins');
