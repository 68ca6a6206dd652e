import { LRUCache } from 'lru-cache';

import type { ClientContext } from '../../context/client-context';
import type { BoundContext } from '../../context/context-policy.service';
import type { Principal } from '../principal';
import type { SessionWithUserRow } from '../session.repository';
import type { UserSession } from '../user-session.entity';

/**
 * A valid session in memory: what the guard checks and what handlers receive. Times are Unix
 * milliseconds by the database's clock; a number takes a fifth of the memory of a `Date`.
 */
export interface CachedSession extends BoundContext {
  readonly id: string;
  readonly userId: string;
  readonly tenantId: string;
  readonly email: string;
  readonly emailVerified: boolean;
  readonly userCreatedAt: number;
  readonly lastLoginAt: number | null;
  /** `devices.id`. */
  readonly deviceId: string | null;
  readonly deviceName: string | null;
  readonly authMethod: string;
  readonly createdAt: number;
  readonly lastAccessedAt: number;
  /** The expiry of the row or of the token, whichever is earlier. */
  readonly expiresAt: number;
}

/**
 * Strings that sessions share. The driver creates new strings for every row; unshared, a common
 * user agent would take a fifth of each session's memory.
 */
const internedTexts = new LRUCache<string, string>({ max: 1_000 });

function intern(text: string): string {
  const interned = internedTexts.get(text);
  if (interned !== undefined) return interned;
  internedTexts.set(text, text);
  return text;
}

/** @param tokenExpiresAt in Unix milliseconds. */
export function toCachedSession(row: SessionWithUserRow, tokenExpiresAt: number): CachedSession {
  return {
    id: row.id,
    userId: row.user_id,
    tenantId: intern(row.tenant_id),
    email: row.email,
    emailVerified: row.email_verified,
    userCreatedAt: row.user_created_at.getTime(),
    lastLoginAt: row.last_login_at?.getTime() ?? null,
    ipAddress: row.ip_address,
    userAgent: intern(row.user_agent),
    fingerprintDigest: row.device_fingerprint,
    deviceKind: row.device_kind,
    secretDigest: row.device_secret,
    secretOwner: row.user_id,
    deviceId: row.device_id,
    rememberedDevice: row.remember_device,
    deviceName: row.device_name,
    authMethod: intern(row.auth_method),
    createdAt: row.created_at.getTime(),
    lastAccessedAt: row.last_accessed_at.getTime(),
    expiresAt: Math.min(row.expires_at.getTime(), tokenExpiresAt),
  };
}

/**
 * Builds a new object each time, so that a handler's changes to it never reach the cache.
 *
 * @param context of the request that the principal makes: where the session is now.
 */
export function toPrincipal(session: CachedSession, context: ClientContext): Principal {
  return {
    user: {
      id: session.userId,
      email: session.email,
      emailVerified: session.emailVerified,
      tenantId: session.tenantId,
      createdAt: new Date(session.userCreatedAt),
      lastLoginAt: session.lastLoginAt === null ? null : new Date(session.lastLoginAt),
    },
    session: {
      id: session.id,
      deviceName: session.deviceName,
      userAgent: session.userAgent,
      ipAddress: session.ipAddress,
      lastUserAgent: context.userAgent,
      lastIpAddress: context.ipAddress,
      authMethod: session.authMethod,
      rememberDevice: session.rememberedDevice,
      createdAt: new Date(session.createdAt),
      lastAccessedAt: new Date(session.lastAccessedAt),
      expiresAt: new Date(session.expiresAt),
    },
  };
}

/** Converts a row of a session list. */
export function toPrincipalSession(row: UserSession): Principal['session'] {
  return {
    id: row.id,
    deviceName: row.device_name,
    userAgent: row.user_agent,
    ipAddress: row.ip_address,
    lastUserAgent: row.last_user_agent ?? row.user_agent,
    lastIpAddress: row.last_ip_address ?? row.ip_address,
    authMethod: row.auth_method,
    rememberDevice: row.remember_device,
    createdAt: row.created_at,
    lastAccessedAt: row.last_accessed_at,
    expiresAt: row.expires_at,
  };
}
