import type { Principal } from './principal';
import type { SessionWithUserRow } from './session.repository';
import type { UserSession } from './user-session.entity';

/** A row as the session that it tells of. */
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

export function toPrincipal(row: SessionWithUserRow): Principal {
  return {
    user: {
      id: row.user_id,
      email: row.email,
      emailVerified: row.email_verified,
      tenantId: row.tenant_id,
      createdAt: row.user_created_at,
      lastLoginAt: row.last_login_at,
    },
    session: toPrincipalSession(row),
  };
}
