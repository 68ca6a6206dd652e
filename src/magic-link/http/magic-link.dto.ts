import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { IsBoolean, IsIn, IsString, Matches, MaxLength, ValidateIf } from 'class-validator';

import type { RequestedMagicLink } from '../magic-link-request.service';
import type { SignIn } from '../sign-in-attempt';

/** Optional, but not `null`: what is there has the right form. */
const IfPresent = (): PropertyDecorator => ValidateIf((_, value) => value !== undefined);

export class RequestMagicLinkDto {
  // Its form is decided by the one canonicaliser, which takes less than @IsEmail() does.
  @ApiProperty({ format: 'email', maxLength: 254 })
  @IsString()
  readonly email: string;

  @ApiPropertyOptional({ format: 'uri', description: 'A URL on the allow-list.' })
  @IfPresent()
  @IsString()
  readonly redirect_to?: string;
}

export class RequestedMagicLinkDto {
  @ApiProperty({ format: 'uuid' })
  readonly magic_link_id: string;

  @ApiProperty({ format: 'date-time' })
  readonly expires_at: string;

  @ApiProperty()
  readonly message: string;

  constructor(link: RequestedMagicLink) {
    this.magic_link_id = link.id;
    this.expires_at = link.expiresAt.toISOString();
    this.message = 'If this address can receive mail, a sign-in link is on its way.';
  }
}

const TRANSPORTS = ['bearer', 'cookie'] as const;

export class VerifyMagicLinkDto {
  @ApiProperty({ description: 'The token of the mailed link.', maxLength: 2048 })
  @IsString()
  readonly token: string;

  @ApiPropertyOptional({ maxLength: 200, description: 'How the session is called in lists.' })
  @IfPresent()
  @IsString()
  @MaxLength(200)
  @Matches(/^[^\p{Cc}\p{Zl}\p{Zp}]*$/u, { message: 'This must not hold control characters.' })
  readonly device_name?: string;

  @ApiPropertyOptional({
    default: false,
    description: 'Asks for a longer session that may change its network. Needs a fingerprint.',
  })
  @IfPresent()
  @IsBoolean()
  readonly remember_device?: boolean;

  @ApiPropertyOptional({ enum: TRANSPORTS, default: 'bearer' })
  @IfPresent()
  @IsIn(TRANSPORTS)
  readonly transport?: (typeof TRANSPORTS)[number];
}

export class SignInDto {
  @ApiProperty({ format: 'uuid' })
  readonly user_id: string;

  @ApiProperty({ format: 'email' })
  readonly email: string;

  @ApiProperty({ format: 'uuid' })
  readonly session_id: string;

  @ApiPropertyOptional({ description: 'With the bearer transport only.' })
  readonly session_token?: string;

  @ApiProperty({ format: 'date-time' })
  readonly expires_at: string;

  @ApiProperty({ type: String, format: 'uri', nullable: true })
  readonly redirect_to: string | null;

  constructor(signIn: SignIn, transport: (typeof TRANSPORTS)[number]) {
    this.user_id = signIn.userId;
    this.email = signIn.email;
    this.session_id = signIn.session.id;
    // A cookie session's token is never in a body, where scripts could read it.
    if (transport === 'bearer') this.session_token = signIn.session.token;
    this.expires_at = signIn.session.expiresAt.toISOString();
    this.redirect_to = signIn.redirectTo;
  }
}
