import { ApiProperty } from '@nestjs/swagger';

import type { Principal, PrincipalSession, PrincipalUser } from '../principal';

/** The signed-in user. */
export class UserDto {
  @ApiProperty({ format: 'uuid' })
  readonly id: string;

  @ApiProperty({ format: 'email' })
  readonly email: string;

  @ApiProperty()
  readonly email_verified: boolean;

  @ApiProperty({ example: 'default' })
  readonly tenant_id: string;

  @ApiProperty({ format: 'date-time' })
  readonly created_at: string;

  @ApiProperty({ type: String, format: 'date-time', nullable: true })
  readonly last_login_at: string | null;

  constructor(user: PrincipalUser) {
    this.id = user.id;
    this.email = user.email;
    this.email_verified = user.emailVerified;
    this.tenant_id = user.tenantId;
    this.created_at = user.createdAt.toISOString();
    this.last_login_at = user.lastLoginAt?.toISOString() ?? null;
  }
}

/** One place where the user is signed in. */
export class SessionDto {
  @ApiProperty({ format: 'uuid' })
  readonly id: string;

  @ApiProperty({ type: String, nullable: true, maxLength: 200 })
  readonly device_name: string | null;

  @ApiProperty()
  readonly user_agent: string;

  @ApiProperty({ description: 'Where the session was opened from.', example: '203.0.113.7' })
  readonly ip_address: string;

  @ApiProperty({ description: 'What the session was last used with.' })
  readonly last_user_agent: string;

  @ApiProperty({ description: 'Where the session was last used from.', example: '203.0.113.7' })
  readonly last_ip_address: string;

  @ApiProperty({ example: 'magic_link' })
  readonly auth_method: string;

  @ApiProperty()
  readonly remember_device: boolean;

  @ApiProperty({ description: 'Whether it is the session of this request.' })
  readonly current: boolean;

  @ApiProperty({ format: 'date-time' })
  readonly created_at: string;

  @ApiProperty({ format: 'date-time', description: 'Accurate to about a minute.' })
  readonly last_accessed_at: string;

  @ApiProperty({ format: 'date-time' })
  readonly expires_at: string;

  constructor(session: PrincipalSession, currentSessionId: string) {
    this.id = session.id;
    this.device_name = session.deviceName;
    this.user_agent = session.userAgent;
    this.ip_address = session.ipAddress;
    this.last_user_agent = session.lastUserAgent;
    this.last_ip_address = session.lastIpAddress;
    this.auth_method = session.authMethod;
    this.remember_device = session.rememberDevice;
    this.current = session.id === currentSessionId;
    this.created_at = session.createdAt.toISOString();
    this.last_accessed_at = session.lastAccessedAt.toISOString();
    this.expires_at = session.expiresAt.toISOString();
  }
}

export class CurrentSessionDto {
  @ApiProperty({ type: UserDto })
  readonly user: UserDto;

  @ApiProperty({ type: SessionDto })
  readonly session: SessionDto;

  constructor({ user, session }: Principal) {
    this.user = new UserDto(user);
    this.session = new SessionDto(session, session.id);
  }
}

export class SessionListDto {
  @ApiProperty({ type: [SessionDto], description: 'Live sessions, newest first.' })
  readonly sessions: SessionDto[];

  constructor(sessions: readonly PrincipalSession[], currentSessionId: string) {
    this.sessions = sessions.map((session) => new SessionDto(session, currentSessionId));
  }
}

export class RevokedSessionsDto {
  @ApiProperty({ type: 'integer', minimum: 0, description: 'How many sessions were ended.' })
  readonly revoked: number;

  constructor(revoked: number) {
    this.revoked = revoked;
  }
}
