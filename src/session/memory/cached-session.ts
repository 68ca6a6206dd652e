import { LRUCache } from 'lru-cache';

import type { Principal } from '../principal';
import type { SessionWithUserRow } from '../session.repository';
import type { UserSession } from '../user-session.entity';

/**
 * What is kept of a valid session in memory: what the guard decides by, and what handlers are told.
 * Times are Unix milliseconds of the database's clock; a number takes a fifth of the room of a
 * `Date`.
 */
export interface CachedSession {
  readonly id: string;
  readonly userId: string;
  readonly tenantId: string;
  readonly email: string;
  readonly emailVerified: boolean;
  readonly userCreatedAt: number;
  readonly lastLoginAt: number | null;
  readonly ipAddress: string;
  readonly userAgent: string;
  readonly fingerprintDigest: string | null;
  readonly rememberedDevice: boolean;
  readonly deviceName: string | null;
  readonly authMethod: string;
  readonly createdAt: number;
  readonly lastAccessedAt: number;
  /** By the row or by the token, whichever is earlier. */
  readonly expiresAt: number;
}

/**
 * One copy of texts that many sessions have: the driver makes a new one for every row, and a fifth of
 * a session's room in memory would be its copy of a common user agent.
 */
const sharedTexts = new LRUCache<string, string>({ max: 1_000 });

function shared(text: string): string {
  const known = sharedTexts.get(text);
  if (known !== undefined) return known;
  sharedTexts.set(text, text);
  return text;
}

/** @param tokenExpiresAt Unix milliseconds. */
export function toCachedSession(row: SessionWithUserRow, tokenExpiresAt: number): CachedSession {
  return {
    id: row.id,
    userId: row.user_id,
    tenantId: shared(row.tenant_id),
    email: row.email,
    emailVerified: row.email_verified,
    userCreatedAt: row.user_created_at.getTime(),
    lastLoginAt: row.last_login_at?.getTime() ?? null,
    ipAddress: row.ip_address,
    userAgent: shared(row.user_agent),
    fingerprintDigest: row.device_fingerprint,
    rememberedDevice: row.remember_device,
    deviceName: row.device_name,
    authMethod: shared(row.auth_method),
    createdAt: row.created_at.getTime(),
    lastAccessedAt: row.last_accessed_at.getTime(),
    expiresAt: Math.min(row.expires_at.getTime(), tokenExpiresAt),
  };
}

/** Made anew for each request that asks, so that nothing a handler does to it is kept. */
export function toPrincipal(session: CachedSession): Principal {
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
      authMethod: session.authMethod,
      rememberDevice: session.rememberedDevice,
      createdAt: new Date(session.createdAt),
      lastAccessedAt: new Date(session.lastAccessedAt),
      expiresAt: new Date(session.expiresAt),
    },
  };
}

/** A row of a list as the session that it tells of. */
export function toPrincipalSession(row: UserSession): Principal['session'] {
  return {
    id: row.id,
    deviceName: row.device_name,
    userAgent: row.user_agent,
    ipAddress: row.ip_address,
    authMethod: row.auth_method,
    rememberDevice: row.remember_device,
    createdAt: row.created_at,
    lastAccessedAt: row.last_accessed_at,
    expiresAt: row.expires_at,
  };
}
