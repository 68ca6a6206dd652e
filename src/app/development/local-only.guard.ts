import { type CanActivate, type ExecutionContext, Injectable } from '@nestjs/common';
import type { Request } from 'express';
import { AuthError } from '../../common/errors';
import { canonicalIpAddress, relateNetworks } from '../../context/ip-address';

const LOOPBACK = '127.0.0.1';

/** Names under which a browser on this machine reaches us, at any port. */
const LOCAL_HOST = /^(?:localhost|127\.0\.0\.1|\[::1\])(?::\d{1,5})?$/i;

/** A proxy leaves one of these, and then the client may be anywhere. */
const FORWARDING_HEADER = /^(?:x-forwarded-.*|forwarded|x-real-ip|via)$/;

/**
 * Lets only this machine in (security rules, "Development mode"): the socket decides about other
 * machines, the `Host` about pages whose name was rebound to this one, the headers about proxies.
 * To everybody else the route does not exist.
 */
@Injectable()
export class LocalOnlyGuard implements CanActivate {
  canActivate(context: ExecutionContext): boolean {
    const { socket, headers } = context.switchToHttp().getRequest<Request>();
    const isLocal =
      isLoopback(socket.remoteAddress) &&
      LOCAL_HOST.test(headers.host ?? '') &&
      !Object.keys(headers).some((name) => FORWARDING_HEADER.test(name));
    if (!isLocal) throw new AuthError('not_found', 'There is nothing here.');
    return true;
  }
}

function isLoopback(address: string | undefined): boolean {
  const canonical = canonicalIpAddress(address ?? '');
  return canonical !== undefined && relateNetworks(canonical, LOOPBACK) === 'same';
}
