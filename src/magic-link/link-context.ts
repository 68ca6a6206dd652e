import type { BoundContext } from '../context/context-policy.service';
import type { MagicLink } from './magic-link.entity';
import type { FoundMagicLink } from './magic-link-lookup.repository';

/**
 * For whom the digests of device secrets in links are keyed: the address, because a link is asked for
 * before its user is known.
 */
export function linkDeviceOwner({
  tenant_id: tenantId,
  email,
}: Pick<MagicLink, 'tenant_id' | 'email'>): string {
  return `${tenantId} ${email}`;
}

/** The context that a link is bound to. */
export function linkContext(link: FoundMagicLink): BoundContext {
  return {
    ipAddress: link.ip_address,
    userAgent: link.user_agent ?? '',
    fingerprintDigest: link.device_fingerprint,
    deviceKind: link.device_kind,
    secretDigest: link.device_secret,
    secretOwner: linkDeviceOwner(link),
    rememberedDevice: link.from_remembered_device,
  };
}
