import { type CanActivate, type ExecutionContext, Injectable } from '@nestjs/common';
import type { Request } from 'express';

import { AuthError } from '../../common/errors';
import { canonicalIpAddress, relateNetworks } from '../../context/ip-address';

const LOOPBACK = '127.0.0.1';

/** Names under which a browser on this machine reaches us, at any port. */
const LOCAL_HOST = /^(?:localhost|127\.0\.0\.1|\[::1\])(?::\d{1,5})?$/i;

/** A request with one of these, or with `X-Forwarded-…`, came through a proxy, from anywhere. */
const FORWARDING_HEADERS: ReadonlySet<string> = new Set([
  'forwarded',
  'via',
  'x-real-ip',
  'x-client-ip',
  'x-cluster-client-ip',
  'cf-connecting-ip',
  'fastly-client-ip',
  'true-client-ip',
]);

/**
 * Lets only this machine in (docs/reference/security.md#development-mode). The address of the
 * connection keeps out other machines, `Host` keeps out pages that use DNS rebinding, and the
 * headers of proxies keep out whoever comes through one. To all of them the route does not exist.
 */
@Injectable()
export class LocalOnlyGuard implements CanActivate {
  canActivate(context: ExecutionContext): boolean {
    const { socket, headers } = context.switchToHttp().getRequest<Request>();
    const isLocal =
      isLoopback(socket.remoteAddress) &&
      LOCAL_HOST.test(headers.host ?? '') &&
      !Object.keys(headers).some(tellsOfProxy);
    if (!isLocal) throw new AuthError('not_found', 'There is nothing here.');
    return true;
  }
}

/** @param name in lower case, as Node.js has it. */
function tellsOfProxy(name: string): boolean {
  return name.startsWith('x-forwarded-') || FORWARDING_HEADERS.has(name);
}

function isLoopback(address: string | undefined): boolean {
  const canonical = canonicalIpAddress(address ?? '');
  return canonical !== undefined && relateNetworks(canonical, LOOPBACK) === 'same';
}
