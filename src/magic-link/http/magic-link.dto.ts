import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { IsBoolean, IsIn, IsString, IsUUID, Matches, MaxLength, ValidateIf } from 'class-validator';

import type { RequestedMagicLink } from '../request/magic-link-request.service';
import type { InspectedLink } from '../verify/magic-link-inspection.service';
import type { SignIn } from '../verify/sign-in-attempt';

/** Makes a field optional, but not nullable: `null` is validated and refused. */
const IfPresent = (): PropertyDecorator => ValidateIf((_, value) => value !== undefined);

export class RequestMagicLinkDto {
  // No @IsEmail(): `canonicalEmailAddress` checks the form, and accepts less than that does.
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

/** Options of the session that a sign-in opens. */
export abstract class SessionOptionsDto {
  @ApiPropertyOptional({ maxLength: 200, description: 'The name of the session in lists.' })
  @IfPresent()
  @IsString()
  @MaxLength(200)
  @Matches(/^[^\p{Cc}\p{Zl}\p{Zp}]*$/u, { message: 'This must not hold control characters.' })
  readonly device_name?: string;

  @ApiPropertyOptional({
    default: false,
    description: 'Asks for a longer session. Needs a device secret or a fingerprint.',
  })
  @IfPresent()
  @IsBoolean()
  readonly remember_device?: boolean;

  @ApiPropertyOptional({ enum: TRANSPORTS, default: 'bearer' })
  @IfPresent()
  @IsIn(TRANSPORTS)
  readonly transport?: (typeof TRANSPORTS)[number];
}

export class VerifyMagicLinkDto extends SessionOptionsDto {
  @ApiProperty({ description: 'The token of the mailed link.', maxLength: 2048 })
  @IsString()
  readonly token: string;
}

export class VerifyCodeDto extends SessionOptionsDto {
  @ApiProperty({ format: 'uuid' })
  @IsUUID()
  readonly magic_link_id: string;

  @ApiProperty({ pattern: '^[0-9]{6}$', description: 'The code beside the mailed link.' })
  @IsString()
  @Matches(/^[0-9]{6}$/, { message: 'This must be six digits.' })
  readonly code: string;
}

const STATEMENTS = ['not_requested', 'code_was_asked_for', 'not_my_sign_in'] as const;

export class ReportDto {
  @ApiProperty({ maxLength: 2048, description: 'The report token of a mail or of `inspect`.' })
  @IsString()
  readonly token: string;

  @ApiProperty({
    enum: STATEMENTS,
    description: '`not_my_sign_in` fits mails about a sign-in, the others fit mailed links.',
  })
  @IsIn(STATEMENTS)
  readonly statement: (typeof STATEMENTS)[number];
}

export class ReportedDto {
  @ApiProperty({ format: 'date-time', description: 'Until when the report can be undone.' })
  readonly undo_until: string;

  constructor(undoUntil: Date) {
    this.undo_until = undoUntil.toISOString();
  }
}

export class LinkTokenDto {
  @ApiProperty({ maxLength: 2048 })
  @IsString()
  readonly token: string;
}

const DIFFERENCES = ['network', 'user_agent', 'device'] as const;

export class InspectedLinkDto {
  @ApiProperty({ format: 'date-time' })
  readonly requested_at: string;

  @ApiProperty({ format: 'date-time' })
  readonly expires_at: string;

  @ApiProperty({ description: 'Where the link was asked for.', example: '203.0.113.7' })
  readonly ip_address: string;

  @ApiProperty({ type: String, nullable: true })
  readonly user_agent: string | null;

  @ApiProperty({ description: 'Whether the link would open from here.' })
  readonly context_matches: boolean;

  @ApiProperty({
    enum: DIFFERENCES,
    isArray: true,
    description: 'What differs where the link would not open.',
  })
  readonly differences: (typeof DIFFERENCES)[number][];

  @ApiProperty({
    description: "The account's address: in full where the link would open, masked elsewhere.",
    example: 'a…@example.com',
  })
  readonly email: string;

  @ApiProperty({ type: String, format: 'uri', nullable: true })
  readonly redirect_to: string | null;

  @ApiProperty({ description: 'For `report`: "This wasn\'t me".' })
  readonly report_token: string;

  @ApiProperty({
    description: 'Whether this very device asked for the link, proven by its secret.',
  })
  readonly is_own_device: boolean;

  constructor(link: InspectedLink) {
    this.requested_at = link.requestedAt.toISOString();
    this.expires_at = link.expiresAt.toISOString();
    this.ip_address = link.ipAddress;
    this.user_agent = link.userAgent;
    this.context_matches = link.contextMatches;
    this.differences = link.differences.map((difference) =>
      difference === 'device_fingerprint' ? 'device' : difference,
    );
    this.email = link.email;
    this.redirect_to = link.redirectTo;
    this.report_token = link.reportToken;
    this.is_own_device = link.isOwnDevice;
  }
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
    // The token of a cookie session never appears in the body, where scripts could read it.
    if (transport === 'bearer') this.session_token = signIn.session.token;
    this.expires_at = signIn.session.expiresAt.toISOString();
    this.redirect_to = signIn.redirectTo;
  }
}
